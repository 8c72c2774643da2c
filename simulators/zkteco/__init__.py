"""A ZKTeco terminal that speaks the pull protocol of port 4370, honest on the wire and faulty on command.

It shares nothing with the gateway's driver: its sources are the vendor's manual and other people's captures.
"""

from simulators.zkteco.host import HostError
from simulators.zkteco.log import Punch
from simulators.zkteco.profile import Profile, ProfileError
from simulators.zkteco.profiles import PROFILES
from simulators.zkteco.server import TerminalServer
from simulators.zkteco.terminal import PunchRefused

__all__ = ["PROFILES", "HostError", "Profile", "ProfileError", "Punch", "PunchRefused", "TerminalServer"]

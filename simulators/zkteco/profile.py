"""What kind of terminal it is: the layouts and habits that firmware generations differ in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One firmware generation. Lengths in bytes, times in seconds."""

    name: str
    tcp: bool = True
    udp: bool = False
    user_length: int = 72
    attlog_layout: str = "40"
    event_length: int = 32
    sizes_length: int = 92
    buffered_read: bool = True
    """Whether command 1503 is known; older firmware only has the plain read of command 13."""
    small_set: int = 1024
    """A buffered read of at most so many bytes is answered at once."""
    restart_acknowledged: bool = False
    pin_width: int = 9
    log_capacity: int = 100_000
    user_capacity: int = 5_000
    finger_capacity: int = 3_000
    face_capacity: int = 0
    pause: float = 0.002
    """Between two frames on the wire, so that each arrives in a segment of its own."""
    restart_seconds: float = 30.0
    firmware: str = "Ver 6.60 Apr 26 2016"
    options: dict[str, str] = field(default_factory=dict)
    """What OPTIONS_RRQ knows besides serial number and addresses."""


_TFT_OPTIONS = {
    "~Platform": "ZMM220_TFT",
    "~OS": "1",
    "~DeviceName": "F18/ID",
    "~OEMVendor": "ZKTeco Inc.",
    "~ProductTime": "2017-03-21 10:12:44",
    "~ZKFPVersion": "10",
    "~ExtendFmt": "0",
    "~PIN2Width": "9",
    "~SSR": "1",
    "~RFCardOn": "1",
    "~IsOnlyRFMachine": "0",
    "FaceFunOn": "0",
    "FingerFunOn": "1",
    "WorkCode": "0",
    "Language": "73",
    "DeviceID": "1",
    "CompatOldFirmware": "0",
    "MAC": "00:17:61:c8:42:01",
    "IPAddress": "192.168.1.201",
    "NetMask": "255.255.255.0",
    "GATEIPAddress": "192.168.1.1",
}

PROFILES = {profile.name: profile for profile in (Profile(name="tft-tcp", options=_TFT_OPTIONS),)}

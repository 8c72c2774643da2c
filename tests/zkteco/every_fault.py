"""The table of faults, filled."""

from tests.zkteco import faults_clock, faults_line, faults_log, faults_people, faults_udp
from tests.zkteco.fault import FAULTS

__all__ = ["FAULTS"]

_FILLED_BY = (faults_line, faults_udp, faults_log, faults_clock, faults_people)

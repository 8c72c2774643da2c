"""The words of audit entries: what a supervisor, an auditor or a court must be able to see later.

An audit entry's `data` is `{"event": <word of EVENTS>, "detail": {…}}`, with `"device": {"serial": …}` when it is
about a device and `"raw": <hex>` when it is about bytes that were received. A word once used is never reused for
something else. "The device's log" is the one inside a terminal; "the log" is the gateway's or the reader's own.
"""

import binascii

from contract.entry import ContractError
from contract.jsontext import Ordered

EVENTS = {
    # the log itself
    "log-created": "A log was begun under a new logid; detail says why, and what it carries over from which log.",
    "log-damaged": "A segment could not be read and was set aside; detail names the file and the lost ranges.",
    "torn-tail": "A record half written at a power cut was dropped; it had never been acknowledged to anyone.",
    "log-forked": "The centre knows another history of this log (restored or cloned): a new logid was opened.",
    "log-expired": "Delivered segments older than the retention were deleted; detail names the range.",
    "watermark-back": "The centre holds less than it said before (restored from a backup): entries are sent again.",
    "disk-80": "The log fills 80 % of the space it may take, or the disk is 80 % full.",
    "disk-full": "No room left: devices are not polled until there is; their own logs keep the punches.",
    "disk-failed": "The disk refused to write for another reason than want of room; detail has the reason.",
    "disk-ok": "There is room again and writing works; detail says how long it did not.",
    # the software and its clock
    "software-started": "The gateway or reader started; detail has version, boot and how the last run ended.",
    "software-stopped": "The gateway or reader was stopped cleanly.",
    "config-changed": "It runs with another configuration than before; detail names the keys, never secrets.",
    "clock-synced": "The own clock can be trusted from here on; detail has the correction in seconds.",
    "clock-lost": "The own clock is no longer synchronised and runs on by itself.",
    "clock-stepped": "The own clock jumped; detail has the jump in seconds.",
    "command-received": "A command came from the centre and was carried out or refused; detail has verb and outcome.",
    "receipt-taken": "A receipt of the centre, brought by hand, was taken; detail has logid and through.",
    "receipt-refused": "A receipt brought by hand was refused; detail has the reason.",
    "central-key-pinned": "This key of the centre signs the receipts that are believed; detail has it, and why.",
    "publish-refused": "The broker refused an entry; detail has sequence and reason code.",
    "key-created": "A signing key was made; detail has its public half.",
    "key-rotated": "Another signing key is used from here on; signed by the one before.",
    # a device and its connection
    "device-silent": "A device does not answer.",
    "device-back": "A device answers again; detail says how long it did not.",
    "device-refused": "A device answered and refused us, e.g. a wrong comm key.",
    "device-restarted": "A device was switched on or restarted.",
    "driver-restarted": "The software for a device hung or failed and was started again.",
    "serial-changed": "Another device answers at the same address.",
    "firmware-changed": "A device runs another firmware than before.",
    "users-changed": "People were added to, removed from or changed in a device.",
    "settings-changed": "A setting of a device was changed at the device.",
    "terminal-operation": "A device's operation log names an act of an administrator; detail has its code.",
    # a device's clock
    "terminal-clock-wrong": "A device's clock differs from the trusted one by more than is allowed.",
    "terminal-clock-stepped": "A device's clock jumped between two looks at it, and we did not set it.",
    "terminal-clock-set": "We set a device's clock right; detail has the offset before and after.",
    "terminal-clock-changed": "Somebody else set a device's clock, by the device's own operation log.",
    # a device's log
    "log-cleared": "A device's log was emptied.",
    "log-shrunk": "A device's log holds fewer records than before, or lost records that we had seen.",
    "log-wrapped": "A device's log is a full ring: its oldest records are overwritten.",
    "log-full": "A device's log is full: the device may refuse people or forget punches.",
    "log-miscounted": "A device says it holds another number of records than it hands over.",
    "record-unreadable": "Bytes of a device could not be decoded; kept in raw, never guessed at.",
    "record-implausible": "A record's time cannot be right (2000, the future); kept in raw, not taken as a punch.",
    # alarms
    "tamper-alarm": "A device reports that it was opened or torn off.",
    "duress-alarm": "A device reports that somebody was forced to punch.",
    "alarm": "A device reports another alarm; detail has its code.",
}


def data(
    event: str,
    detail: dict[str, object] | None = None,
    *,
    serial: str | None = None,
    raw: bytes | None = None,
) -> dict[str, object]:
    """The `data` of an audit entry. Raises ContractError for a word that is not in EVENTS."""
    if event not in EVENTS:
        raise ContractError("audit: not a word of the list: " + event)
    made: dict[str, object] = Ordered()
    made["event"] = event
    made["detail"] = {} if detail is None else detail
    if serial is not None:
        made["device"] = {"serial": serial}
    if raw is not None:
        made["raw"] = binascii.hexlify(raw).decode()
    return made

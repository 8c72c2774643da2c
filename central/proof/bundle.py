"""Evidence: a part of a gateway's logs in one file, which proves itself to somebody who has nothing else.

A ZIP with

    manifest.json        what it is, of whom, from when to when, which keys; SHA-256 of every other file
    manifest.sig         the centre's signature of exactly that file (Ed25519, hex)
    <logid>.jsonl        the exact entries, a line each
    <logid>.fork.jsonl   entries that came with other bytes, too
    rotations.jsonl      the entries by which keys were handed over, before that part
    README.txt           how to check it by hand

Each part goes on to the next checkpoint after the last entry that was asked for, so that a signature covers it.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from central.errors import EvidenceError
from central.keyring import Keyring, Place
from central.proof.database import pinned
from central.proof.lines import write_line
from central.signing import Signer
from central.store.books import Books, Log
from central.store.database import Database, Sql

TYPE = "ketuk.evidence.v1"
MANIFEST, SIGNATURE, ROTATIONS, README = "manifest.json", "manifest.sig", "rotations.jsonl", "README.txt"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bundle is to be about: both times included, by when a punch was or when it was recorded."""

    place: Place
    first: datetime
    last: datetime


def write_bundle(
    database: Database, ring: Keyring, signer: Signer, wanted: Wanted, target: Path, progress: Progress
) -> dict[str, Any]:
    """Write it; its manifest. Raises StoreError; EvidenceError: nothing is there, or it cannot be written."""
    if target.exists():
        raise EvidenceError(f"{target}: is there already and is not overwritten; choose another name")
    half = target.with_name(target.name + ".part")
    try:
        with half.open("wb") as file:
            with (
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
                database.transaction(read_only=True) as sql,
            ):
                manifest = _Writing(sql, ring, archive, wanted, progress).all(signer)
            file.flush()
            os.fsync(file.fileno())
        half.rename(target)
    except OSError as error:
        raise EvidenceError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        half.unlink(missing_ok=True)
    return manifest


class _Writing:
    def __init__(self, sql: Sql, ring: Keyring, archive: zipfile.ZipFile, wanted: Wanted, progress: Progress) -> None:
        self._sql, self._ring, self._archive, self._wanted, self._progress = sql, ring, archive, wanted, progress
        self._books = Books(sql, datetime.now(UTC))
        self._files: dict[str, str] = {}

    def all(self, signer: Signer) -> dict[str, Any]:
        statement = "SELECT logid FROM log WHERE site = ? AND gateway = ? ORDER BY first_seen, logid"
        logids = [logid for (logid,) in self._sql.rows(statement, self._wanted.place)]
        logs = self._books.logs(logids, locked=False)
        parts = [part for logid in logids if (part := self._part(logs[logid])) is not None]
        if not parts:
            name = "/".join(self._wanted.place)
            raise EvidenceError(f"nothing of {name} is held between {self._wanted.first} and {self._wanted.last}")
        rotations = self._rotations(logids)
        if rotations:
            self._write(ROTATIONS, iter(rotations))
        self._archive.writestr(_named(README), _README)
        site, gateway = self._wanted.place
        manifest = {
            "type": TYPE,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": f"ketuk {version('ketuk')}",
            "site": site,
            "gateway": gateway,
            "from": self._wanted.first.isoformat(),
            "to": self._wanted.last.isoformat(),
            "keys": list(self._keys()),
            "logs": parts,
            "files": self._files,
            "centre": signer.public,
        }
        raw = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
        self._archive.writestr(_named(MANIFEST), raw)
        self._archive.writestr(_named(SIGNATURE), signer.sign(raw) + "\n")
        return manifest

    def _part(self, log: Log) -> dict[str, Any] | None:
        span = self._span(log.logid)
        if span is None:
            return None
        first, last = span
        entries = self._write(f"{log.logid}.jsonl", self._entries(log.logid, first, last))
        fork = "SELECT raw FROM fork WHERE logid = ? AND sequence BETWEEN ? AND ? ORDER BY sequence, hash"
        forks = [bytes(raw) for (raw,) in self._sql.rows(fork, (log.logid, first, last))]
        if forks:
            self._write(f"{log.logid}.fork.jsonl", iter(forks))
        gaps = "SELECT first, last, state FROM gap WHERE logid = ? AND last >= ? AND first <= ? ORDER BY first"
        return {
            "logid": log.logid,
            "first": first,
            "last": last,
            "entries": entries,
            "gaps": [list(gap) for gap in self._sql.rows(gaps, (log.logid, first, last))],
            "forks": len(forks),
        }

    def _span(self, logid: str) -> tuple[int, int] | None:
        """From the first to the last entry that was asked for, and on to the checkpoint that covers it."""
        found: list[int] = []
        for table, column in (("entry", "recordedtime"), ("punch", "time")):
            statement = f"SELECT min(sequence), max(sequence) FROM {table} WHERE logid = ? AND {column} BETWEEN ? AND ?"  # noqa: S608
            ends = self._sql.rows(statement, (logid, self._wanted.first, self._wanted.last))[0]
            found += [end for end in ends if end is not None]
        if not found:
            return None
        seal = "SELECT min(sequence) FROM entry WHERE logid = ? AND kind = 'checkpoint' AND sequence >= ?"
        end = self._sql.rows(seal, (logid, max(found)))[0][0]
        if end is None:  # not signed yet: as far as there is anything
            end = self._sql.rows("SELECT max(sequence) FROM entry WHERE logid = ?", (logid,))[0][0]
        return min(found), max(end, *found)

    def _entries(self, logid: str, first: int, last: int) -> Iterator[bytes]:
        statement = "SELECT raw FROM entry WHERE logid = ? AND sequence BETWEEN ? AND ? ORDER BY sequence"
        for (raw,) in self._sql.stream(statement, (logid, first, last), ("bytea",)):
            self._progress(1)
            yield bytes(raw)

    def _rotations(self, logids: list[str]) -> list[bytes]:
        found = []
        for logid in logids:
            statement = "SELECT raw FROM entry WHERE logid = ? AND kind = 'audit' ORDER BY sequence"
            found += [
                bytes(raw)
                for (raw,) in self._sql.stream(statement, (logid,), ("bytea",))
                if b'"key-rotated"' in bytes(raw)
            ]
        return found

    def _keys(self) -> Iterator[dict[str, str]]:
        trust = pinned(self._books, self._wanted.place, self._ring)
        for name, public in sorted(trust.keys.items()):
            if name not in self._ring.secrets[self._wanted.place]:
                yield {"key": name, "public": public.hex()}

    def _write(self, name: str, raws: Iterator[bytes]) -> int:
        count, digest = 0, hashlib.sha256()
        with self._archive.open(_named(name), "w", force_zip64=True) as file:
            sink = _Hashing(file, digest)
            for raw in raws:
                write_line(sink, raw)
                count += 1
        self._files[name] = digest.hexdigest()
        return count


class _Hashing:
    def __init__(self, file: Any, digest: Any) -> None:
        self._file, self._digest = file, digest

    def write(self, data: bytes, /) -> int:
        self._digest.update(data)
        return int(self._file.write(data))


def _named(name: str) -> zipfile.ZipInfo:
    """Always with the same date, so that the same evidence is the same file."""
    info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


_README = """\
Attendance evidence of Ketuk.

`ketuk central verify FILE` checks all of it, on any machine and without a network. By hand:

1. Each line of <logid>.jsonl is one entry, exactly as the gateway wrote it (lines that begin with "base64:" are coded).
   The SHA-256 of a line, without its line break, is the "prevhash" of the line after it, and "sequence" counts by one.
   So nothing can be changed, added or taken out without breaking every line that follows.
2. Lines of type ketuk.checkpoint.v1 carry the gateway's Ed25519 signature ("signature") over four lines of text joined
   by line feeds: ketuk.checkpoint.v1, the log's name, the sequence (20 digits) and the hash of the line before.
3. The public keys are in manifest.json under "keys". Compare them with those that were noted when the gateway was
   handed over: who could exchange this file could exchange the key in it, but not the one on your paper.
4. manifest.sig is the signature of manifest.json by the centre, whose public key is in it under "centre".
"""

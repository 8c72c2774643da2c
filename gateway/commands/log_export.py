"""`ketuk log export`: what the centre does not hold yet, to a USB stick."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from gateway import carry_texts as texts
from gateway import keys
from gateway.commands import log_text
from gateway.commands.log_progress import bar
from gateway.errors import LogError
from gateway.keys import SigningKey
from gateway.log.documents import EntryDocument
from gateway.log.export import Exporter, Part, Piece
from gateway.log.manifest import NAME, manifest
from gateway.log.stick import Stick
from gateway.log.view import LogView


class Wanted(NamedTuple):
    """The options: all of every log, or sequences of the present one, or (the default) what is not confirmed."""

    everything: bool = False
    since: int | None = None
    until: int | None = None


def parts(view: LogView, wanted: Wanted) -> list[Part]:
    """What is to be written of each log. Raises ValueError for options that do not go together.

    What the centre has not confirmed is all in the present log: a new epoch carries it over.
    """
    since, until = wanted.since, wanted.until
    if since is not None and until is not None and since > until:
        raise ValueError(str(texts.BEHIND.of(first=since, last=until)))
    if wanted.everything:
        return [Part(epoch, since or 1, min(until or epoch.newest(), epoch.newest())) for epoch in view.epochs]
    if view.present is None:
        if view.epochs:
            raise ValueError(str(texts.NOT_PRESENT))
        return []
    since = view.marks().confirmed + 1 if since is None and until is None else since or 1
    newest = view.present.newest()
    return [Part(view.present, since, min(until or newest, newest))]


def export(view: LogView, chosen: list[Part], target: Path, *, people: bool) -> None:
    """Write them, with a bar or as JSON lines. Raises LogError."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(text: object) -> None:
        console.print(log_text.clean(str(text), 1000), markup=False)

    chosen = [part for part in chosen if part.first <= part.last and part.view.read_after(part.first - 1, 1)]
    if not chosen:
        _finished({"folder": None, "entries": 0, "written": 0}, say if people else None, texts.NOTHING)
        return
    place, seal = _place(chosen), _seal(view.data, say)
    stick = Stick(target, "-".join(("ketuk", *place)))
    if stick.is_beside(view.data):
        say(texts.SAME_DISK.of(path=target))
    pieces = list(_write(Exporter(stick, place, seal), chosen, people=people))
    made = datetime.now(UTC).isoformat(timespec="seconds")
    stick.put(NAME, manifest(place, made, pieces))
    about = texts.README.of(name="/".join(place), made=made, data=view.data)
    stick.put("README.txt", f"{about.id}\n{about.en}".encode())
    entries, fresh = (sum(one.note.entries for one in some) for some in (pieces, [p for p in pieces if p.fresh]))
    done = {"folder": str(stick.folder), "entries": entries, "written": fresh, "key": seal.public if seal else None}
    text = texts.EXPORTED.of(entries=entries, name="/".join(place), folder=stick.folder, fresh=fresh)
    _finished(done, say if people else None, text, texts.NEXT_STEP.of(stick=target, data=view.data))


def _write(exporter: Exporter, chosen: list[Part], *, people: bool) -> Iterator[Piece]:
    total, done = sum(part.last - part.first + 1 for part in chosen), 0
    with bar(str(texts.EXPORTING), total, bytes_=False) as advance:
        for part in chosen:
            for one in exporter.pieces(part):
                done += one.note.entries
                advance(one.note.entries)
                if not people:
                    print(json.dumps({**_line(one), "done": done, "total": total}), flush=True)  # noqa: T201
                yield one


def _line(one: Piece) -> dict[str, object]:
    note = one.note
    said = {"event": "piece", "file": one.file, "logid": note.logid, "first": note.first, "last": note.last}
    return {**said, "entries": note.entries, "bytes": one.size, "written": one.fresh}


def _finished(said: dict[str, object], say: Callable[[object], None] | None, *texts_: object) -> None:
    if say is None:
        print(json.dumps({"event": "finished", **said}), flush=True)  # noqa: T201
        return
    for text in texts_:
        say(text)


def _place(chosen: list[Part]) -> tuple[str, str]:
    """Site and gateway, by the log's own word."""
    view = chosen[-1].view
    newest = next(view.backwards())
    site = str(EntryDocument(newest.raw, newest.sequence)["source"]).split("/")[1]
    return site, view.logid.rpartition(".")[0]


def _seal(data: Path, say: Callable[[object], None]) -> SigningKey | None:
    """The gateway's key. Raises LogError for one that is there and cannot be used."""
    try:
        return keys.load(data / keys.NAME)
    except FileNotFoundError:
        say(texts.NO_KEY.of(path=data))
        return None
    except OSError as error:
        reason = error.strerror or error
        raise LogError(str(texts.UNUSABLE_FILE.of(path=data / keys.NAME, reason=reason))) from error

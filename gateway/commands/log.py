"""`ketuk log`: look into a gateway's log, whether it runs or not, or into a copy; carry it by hand.

It never locks, writes or repairs the log.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.log.view import LogView, NotALog, look

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="A gateway's log, whether it runs or not, or a copy: look into it, or carry it by hand to the centre. "
    "It is never locked, written or repaired.",
)

_FOLDER = "The gateway's data folder, its log/ folder, or one folder in there."

Folder = Annotated[Path, typer.Argument(metavar="DIR", help=_FOLDER, show_default=False)]
OneLog = Annotated[str | None, typer.Option("--log", metavar="LOGID", help="Only this log, where DIR holds several.")]
Json = Annotated[bool, typer.Option("--json", help="JSON lines, as in a pipe.")]
Language = Annotated[str, typer.Option("--lang", metavar="id|en", help="Bahasa pesan / language of messages.")]
Since = Annotated[str | None, typer.Option("--from", metavar="SEQ|TIME", help="From this sequence or time on.")]
Until = Annotated[str | None, typer.Option("--to", metavar="SEQ|TIME", help="Up to this sequence or time.")]


class Kind(StrEnum):
    """Kinds of entries."""

    punch = "punch"
    audit = "audit"
    checkpoint = "checkpoint"


@app.command("ls")
def list_entries(
    folder: Folder,
    kind: Annotated[Kind | None, typer.Option(help="Only entries of this kind.")] = None,
    device: Annotated[str | None, typer.Option(help="Only of this device, e.g. pintu-depan.")] = None,
    person: Annotated[str | None, typer.Option(help="Only of this person, e.g. 1042 or card:04A1B2C3.")] = None,
    since: Since = None,
    until: Until = None,
    last: Annotated[int | None, typer.Option(min=0, help="Only the last so many; 0: all. On a terminal 50.")] = None,
    log: OneLog = None,
    unmask: Annotated[bool, typer.Option("--unmask", help="Show whole numbers of people in the table.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """List entries: a table on a terminal, the exact entries as JSON lines in a pipe."""
    from gateway.commands import log_filter, log_list

    with _called_rightly():
        wanted = log_filter.Filter.of(kind, device, person, since, until)
        view = _look(folder, log)
    with _reader_may_leave():
        if _for_people(as_json=as_json):
            log_list.print_table(view, wanted, 50 if last is None else last, unmask=unmask)
        else:
            log_list.write_lines(view, wanted, last or 0)


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="N", help="Sequence of the entry.", show_default=False)],
    folder: Annotated[str, typer.Argument(metavar="DIR", help=_FOLDER, show_default=False)],
    log: OneLog = None,
    raw: Annotated[bool, typer.Option("--raw", help="The exact bytes and nothing else.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Show one entry, its exact bytes and their hash. DIR N is understood as well as N DIR."""
    from gateway.commands import log_show

    with _called_rightly():
        sequence, path = _number_and_folder(number, folder)
        view = _look(path, log)
    with _reader_may_leave():
        log_show.show(view, sequence, raw=raw, people=_for_people(as_json=as_json))


@app.command()
def verify(folder: Folder, log: OneLog = None, as_json: Json = False) -> None:  # noqa: FBT002
    """Prove that the log is whole: every sequence, hash, checksum and index. Exit code 1 if anything is wrong."""
    from gateway.commands import log_verify

    with _called_rightly():
        view = _look(folder, log)
    with _reader_may_leave():
        if not log_verify.verify(view, people=_for_people(as_json=as_json)):
            raise typer.Exit(1)


@app.command()
def export(
    folder: Folder,
    stick: Annotated[Path, typer.Argument(metavar="STICK", help="Folder of the USB stick.", show_default=False)],
    everything: Annotated[  # noqa: FBT002
        bool, typer.Option("--all", help="All of every log, not only what the centre has not confirmed.")
    ] = False,
    since: Annotated[int | None, typer.Option("--from", metavar="SEQ", min=1, help="From this sequence on.")] = None,
    until: Annotated[int | None, typer.Option("--to", metavar="SEQ", min=1, help="Up to this sequence.")] = None,
    log: OneLog = None,
    lang: Language = "id",
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Salin ke stick USB apa yang belum dipegang pusat. / Copy what the centre does not hold yet to a USB stick.

    Boleh saat gateway berjalan. Kalau stick tercabut di tengah jalan, jalankan lagi: diteruskan, tidak diulang. /
    The gateway may be running. If the stick is pulled out, run it again: it goes on where it was.
    """
    from gateway.commands import log_export

    _speak(lang)
    with _called_rightly():
        view = _look(folder, log)
        parts = log_export.parts(view, log_export.Wanted(everything, since, until))
    with _reader_may_leave():
        log_export.export(view, parts, stick, people=_for_people(as_json=as_json))


@app.command()
def ack(
    receipt: Annotated[
        Path,
        typer.Argument(metavar="RECEIPT", help="Tanda terima, atau folder stick / a receipt, or the stick's folder."),
    ],
    folder: Folder,
    lang: Language = "id",
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Pakai tanda terima dari pusat: catatan yang sudah dipegang pusat boleh dilupakan gateway. / Take the centre's
    receipt: what the centre holds the gateway may forget.

    Boleh saat gateway berjalan, dan boleh diulang. Kalau gateway tidak berjalan, dipakai saat dijalankan lagi. /
    The gateway may be running, and it may be done again. A gateway that is stopped takes it at its next start.
    """
    from gateway.commands import log_ack

    _speak(lang)
    with _called_rightly():
        look(folder)
    code = log_ack.ack(receipt, folder, people=_for_people(as_json=as_json))
    raise typer.Exit(code)


def _look(folder: Path, log: str | None) -> LogView:
    view = look(folder)
    if log is None:
        return view
    chosen = [epoch for epoch in view.epochs if log in (epoch.logid, epoch.logid.rpartition(".")[2], epoch.folder.name)]
    if not chosen:
        known = ", ".join(epoch.logid for epoch in view.epochs) or "none"
        raise NotALog(f"{folder}: holds no log {log!r}: there is {known}")
    return view.only(chosen)


def _speak(lang: str) -> None:
    from gateway import texts

    if lang not in ("id", "en"):
        print(f"ketuk: --lang: id atau en / id or en, not {lang!r}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2)
    texts.choose("en" if lang == "en" else "id")


def _number_and_folder(one: str, other: str) -> tuple[int, Path]:
    """Either order; where both could be the number, the first is."""
    for number, folder in ((one, other), (other, one)):
        if number.isascii() and number.isdigit() and 0 < len(number) <= 20:
            return int(number), Path(folder)
    raise ValueError(f"neither {one!r} nor {other!r} is a sequence: ketuk log show N DIR")


def _for_people(*, as_json: bool) -> bool:
    return sys.stdout.isatty() and not as_json


@contextlib.contextmanager
def _called_rightly() -> Iterator[None]:
    """A wrong folder or value is a line and exit code 2."""
    try:
        yield
    except (NotALog, ValueError) as error:
        print(f"ketuk: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from None


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """`ketuk log ls DIR | head`: whoever read the lines has had enough, and nothing is left to flush at exit."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

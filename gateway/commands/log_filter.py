"""Which entries `ketuk log ls` shows: its options as one TinyDB query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tinydb import where
from tinydb.queries import Query, QueryInstance

from contract.entry import type_of


class Bound(NamedTuple):
    """`--from` or `--to`: a sequence or a moment; the other one is None."""

    sequence: int | None = None
    moment: datetime | None = None

    @classmethod
    def of(cls, text: str) -> "Bound":
        """`412`, `2026-03-02`, `2026-03-02T07:00`, with an offset or without. Raises ValueError."""
        if text.isascii() and text.isdigit() and len(text) <= 20:
            return cls(sequence=int(text))
        try:
            return cls(moment=datetime.fromisoformat(text))
        except ValueError:
            raise ValueError(f"{text!r} is neither a sequence nor a time such as 2026-03-02T07:00") from None

    def compare(self, entry: Mapping[str, Any]) -> int:
        """-1, 0 or 1: the entry lies before, at or after. Its time is when it happened, or else when it was recorded.

        A moment without an offset is the wall clock at the door. What has no readable time lies everywhere: 0.
        """
        if self.sequence is not None:
            number = int(entry["sequence"])
            return (number > self.sequence) - (number < self.sequence)
        try:
            time = datetime.fromisoformat(str(entry.get("time") or entry["recordedtime"]))
        except ValueError:
            return 0
        moment = self.moment
        assert moment is not None  # noqa: S101 - one of the two is there
        if moment.tzinfo is None:
            time = time.replace(tzinfo=None)
        elif time.tzinfo is None:
            return 0
        return (time > moment) - (time < moment)


@dataclass(frozen=True, slots=True)
class Filter:
    """Whether an entry is wanted."""

    query: QueryInstance
    since: Bound | None
    until: Bound | None

    @classmethod
    def of(
        cls, kind: str | None, device: str | None, person: str | None, since: str | None, until: str | None
    ) -> "Filter":
        """From the options. Raises ValueError."""
        query: QueryInstance = Query().noop()
        if kind is not None:
            query &= where("type") == type_of(kind)
        if device is not None:
            query &= where("source").test(_is_device, device)  # type: ignore[arg-type]
        if person is not None:
            query &= where("subject").test(_is_person, person)  # type: ignore[arg-type]
        bounds = [None if text is None else Bound.of(text) for text in (since, until)]
        return cls(query, *bounds)

    def __call__(self, entry: Mapping[str, Any]) -> bool:
        return (
            bool(self.query(entry))
            and (self.since is None or self.since.compare(entry) >= 0)
            and (self.until is None or self.until.compare(entry) <= 0)
        )

    @property
    def after(self) -> int:
        """Nothing up to this sequence is wanted."""
        return max((self.since.sequence or 0) - 1, 0) if self.since is not None else 0


def _is_device(source: object, device: str) -> bool:
    return isinstance(source, str) and device in (source, source.rpartition("/")[2])


def _is_person(subject: object, person: str) -> bool:
    return isinstance(subject, str) and person in (subject, subject.partition(":")[2])

"""Evidence that the disk would not take when it came."""

from gateway.errors import LogError, LogUnwritable
from gateway.owed import MOST, Owed


class Log:
    """Takes entries, or refuses."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, object]]] = []
        self.refuses = False
        self.errors: list[LogError] = []
        self.now = "07:00"
        self.owed = Owed(self.append, lambda: self.now, self.errors.append)

    def append(self, event: str, detail: dict[str, object]) -> None:
        if self.refuses:
            raise LogUnwritable("no space")
        self.taken.append((event, detail))


def test_it_is_recorded_at_once() -> None:
    log = Log()
    log.owed.record("clock-synced", {"before": "unset"})
    assert log.taken == [("clock-synced", {"before": "unset"})]
    assert log.owed.settle()
    assert len(log.taken) == 1


def test_what_is_refused_comes_later_in_order_and_says_since_when_it_is_known() -> None:
    log = Log()
    log.refuses = True
    log.owed.record("clock-lost", {})
    log.now = "07:10"
    log.owed.record("clock-stepped", {"step_s": 5})
    assert not log.owed.settle()
    assert len(log.errors) == 3
    log.refuses = False
    log.now = "09:00"
    log.owed.record("clock-synced", {})
    assert log.taken == [
        ("clock-lost", {"at": "07:00"}),
        ("clock-stepped", {"step_s": 5, "at": "07:10"}),
        ("clock-synced", {}),
    ]


def test_of_too_much_the_number_is_told() -> None:
    log = Log()
    log.refuses = True
    for number in range(MOST + 7):
        log.owed.record("command-received", {"number": number})
    log.refuses = False
    assert log.owed.settle()
    log.owed.record("software-stopped", {})
    assert len(log.taken) == MOST + 1
    assert log.taken[-1] == ("software-stopped", {"left_out_before": 7})

"""Commands for what people do at the terminal, and for looking at what it holds."""

from simulators.zkteco import events, report
from simulators.zkteco.codes import STATE, VERIFY, Operation
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.roster import User
from simulators.zkteco.verb import LONGEST, Misused, NotUnderstood, Result, Verb, choice, count, seconds, stamp

_SHOWN = 20


def _punch(host: TerminalHost, words: list[str]) -> Result:
    if not 1 <= len(words) <= 4:
        raise NotUnderstood
    state = choice(words[1] if len(words) > 1 else "in", STATE, "a direction")
    verify = choice(words[2] if len(words) > 2 else "finger", VERIFY, "a method")
    at = stamp(words[3]) if len(words) > 3 else None
    record = host.terminal.punch(words[0], state, verify, at)
    return {"punch": report.punch(record), "records": len(host.terminal.log)}


def _crowd(host: TerminalHost, words: list[str]) -> Result:
    if not 1 <= len(words) <= 2:
        raise NotUnderstood
    punches, duration = count(words[:1]), seconds(words[1:]) if len(words) > 1 else 0.0
    host.crowd(punches, duration)
    return {"crowd": punches, "seconds": duration}


def _enrol(host: TerminalHost, words: list[str]) -> Result:
    if not words:
        raise NotUnderstood
    return {"user": report.user(host.terminal.enrol(words[0], " ".join(words[1:])))}


def _dismiss(host: TerminalHost, words: list[str]) -> Result:
    if len(words) != 1:
        raise NotUnderstood
    user = _known(host, words[0])
    host.terminal.roster.remove(user.uid)
    host.terminal.record(Operation.DELETE_USER, user.uid)
    return {"user": report.user(user)}


def _known(host: TerminalHost, user_id: str) -> User:
    user = host.terminal.roster.by_id(user_id)
    if user is None:
        raise Misused(f"the terminal knows no user {user_id!r}: try users")
    return user


def _alarm(host: TerminalHost, words: list[str]) -> Result:
    match words:
        case [kind] if kind in events.ALARMS:
            host.terminal.alarm(kind)
        case [kind, user_id] if kind in events.PERSON_ALARMS:
            host.terminal.alarm(kind, _known(host, user_id).user_id)
        case _:
            raise NotUnderstood
    return {"alarm": words[0]}


def _records(host: TerminalHost, words: list[str]) -> Result:
    punches = list(host.terminal.log)
    shown = punches[max(0, len(punches) - _newest(words)) :]
    return {"count": len(punches), "records": [report.punch(record) for record in shown]}


def _users(host: TerminalHost, words: list[str]) -> Result:
    users = list(host.terminal.roster)
    shown = users[max(0, len(users) - _newest(words)) :]
    return {"count": len(users), "users": [report.user(user) for user in shown]}


def _operations(host: TerminalHost, words: list[str]) -> Result:
    deeds = list(host.terminal.deeds)
    shown = deeds[max(0, len(deeds) - _newest(words)) :]
    return {"count": len(deeds), "operations": [report.deed(deed) for deed in shown]}


def _newest(words: list[str]) -> int:
    return count(words) if words else _SHOWN


_ALARM = f"alarm {'|'.join(events.ALARMS)}|duress USER|passback USER"
VERBS = {
    "punch": Verb("punch USER [DIRECTION] [METHOD] [TIME]", "somebody uses the reader: punch 1042 in finger", _punch),
    "crowd": Verb("crowd PUNCHES [SECONDS]", f"so many people punch, over at most {LONGEST:.0f} seconds", _crowd),
    "enrol": Verb("enrol USER [NAME]", "enrol a person at the terminal", _enrol),
    "dismiss": Verb("dismiss USER", "delete a person at the terminal; the next one enrolled gets the slot", _dismiss),
    "alarm": Verb(_ALARM, "raise an alarm", _alarm),
    "records": Verb("records [NEWEST]", f"the newest records of the log ({_SHOWN})", _records),
    "users": Verb("users [LAST]", f"the last users by slot ({_SHOWN})", _users),
    "operations": Verb("operations [NEWEST]", f"the newest entries of the operation log ({_SHOWN})", _operations),
}

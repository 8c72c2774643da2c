"""`cmd/<verb>` → `reply/<verb>`: what the centre may ask of a gateway.

A handler gets the command's members and gives the members of the reply's `result`; it may take its time (asking a
terminal does), so it runs in a thread of its own. At most one command runs and MAX_WAITING wait. Whatever comes in,
something goes out: a reply, a refusal with the reason, or, where there is nobody to answer, a line in the log.
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from contract import jsontext, messages, topics
from contract.entry import ContractError
from gateway.errors import KetukError

logger = logging.getLogger(__name__)

MAX_WAITING = 8
MAX_REPLIES = 32

Handler = Callable[[dict[str, object]], dict[str, object]]


class Reply(NamedTuple):
    """What goes to `reply/<verb>`."""

    verb: str
    payload: bytes


class _Job(NamedTuple):
    verb: str
    command: dict[str, object]
    handler: Handler


class Commands:
    """`handlers`: verb → what carries it out. `quick`: the same, for those that never wait and must run in the
    caller's thread. `ready` is called when a reply can be fetched; `audit` hears (verb, outcome) of each command."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        quick: Mapping[str, Handler],
        ready: Callable[[], None],
        audit: Callable[[str, str], None],
    ) -> None:
        self._handlers, self._quick, self._ready, self._audit = handlers, quick, ready, audit
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._replies: queue.Queue[Reply] = queue.Queue(MAX_REPLIES)
        self._thread = threading.Thread(target=self._work, name="commands", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """No further command is begun; one that runs is not waited for."""
        try:
            self._jobs.put_nowait(None)
        except queue.Full:
            logger.warning("%d commands are dropped: the gateway stops", self._jobs.qsize())

    def submit(self, verb: str, payload: bytes, *, retained: bool) -> bool:
        """A command came. False when it was not one."""
        if retained:
            # It would be carried out anew after each reconnect.
            logger.warning("retained command %r is ignored: remove it from the broker", verb)
            return False
        try:
            command = messages.parse_command(verb, payload)
            handler = self._handler(verb)
        except ContractError as error:
            self._refuse(verb, _request_of(payload), str(error))
            return False
        if verb in self._quick:
            self._carry_out(_Job(verb, command, handler))
        else:
            self._enqueue(_Job(verb, command, handler))
        return True

    def replies(self) -> list[Reply]:
        """What is ready to go out."""
        ready = []
        while not self._replies.empty():
            ready.append(self._replies.get_nowait())
        return ready

    def _handler(self, verb: str) -> Handler:
        handler = self._quick.get(verb) or self._handlers.get(verb)
        if handler is None:
            raise ContractError(f"command: {verb} is not available on this gateway")
        return handler

    def _enqueue(self, job: _Job) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._refuse(job.verb, str(job.command["request"]), "busy with other commands: ask again later")

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._carry_out(job)

    def _carry_out(self, job: _Job) -> None:
        request = str(job.command["request"])
        try:
            payload = messages.build_reply(request, job.handler(job.command))
        except (KetukError, ContractError) as error:
            self._refuse(job.verb, request, str(error))
        except Exception as error:
            # Whatever a handler does, the next command is carried out.
            logger.exception("command %s failed", job.verb)
            self._refuse(job.verb, request, f"failed inside the gateway, see its log: {type(error).__name__}")
        else:
            self._audit(job.verb, "carried out")
            self._answer(job.verb, payload)

    def _refuse(self, verb: str, request: str | None, why: str) -> None:
        logger.warning("command %r refused: %s", verb[:32], why)
        self._audit(verb[:32], f"refused: {why}"[:500])
        if request is not None and topics.is_segment(verb):
            self._answer(verb, messages.build_refusal(request, why[:500]))

    def _answer(self, verb: str, payload: bytes) -> None:
        try:
            self._replies.put_nowait(Reply(verb, payload))
        except queue.Full:
            logger.warning("reply to %s dropped: %d wait already", verb, MAX_REPLIES)
        self._ready()


def ping(version: str) -> Handler:
    """The handler of `ping`, unless the app has a better one."""

    def answer(_: dict[str, object]) -> dict[str, object]:
        return {"time": datetime.now(UTC).isoformat(timespec="seconds"), "version": version}

    return answer


def _request_of(payload: bytes) -> str | None:
    """The `request` of a command that is otherwise wrong, so that its sender gets an answer."""
    if len(payload) > messages.MAX_BYTES:
        return None
    try:
        command = jsontext.loads(payload)
    except ValueError:
        return None
    request = command.get("request") if isinstance(command, dict) else None
    return request if isinstance(request, str) and 1 <= len(request) <= messages.MAX_REQUEST else None

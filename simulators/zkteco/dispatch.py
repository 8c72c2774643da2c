"""Bytes in, packets out: the terminal's side of the protocol without any line."""

from typing import NamedTuple

from simulators.zkteco import bulk, control, edits, queries, templates, wire
from simulators.zkteco.codes import Ack, Command
from simulators.zkteco.session import SILENCE, After, Answer, Handler, Part, Session, refuse

HANDLERS: dict[int, Handler] = {
    **queries.HANDLERS,
    **control.HANDLERS,
    **bulk.HANDLERS,
    **templates.HANDLERS,
    **edits.HANDLERS,
}
OPEN_TO_ALL = frozenset({Command.CONNECT, Command.AUTH, Command.EXIT})


class Outgoing(NamedTuple):
    """Encoded packets, to be sent in this order, and what becomes of the connection then."""

    packets: tuple[bytes, ...] = ()
    after: After = After.STAY


def receive(session: Session, payload: bytes) -> Outgoing:
    """Answer one packet. A damaged one is dropped and counted; a terminal that hangs answers nothing."""
    terminal = session.terminal
    try:
        packet = wire.decode(payload)
    except wire.BadPacket:
        terminal.counters.bad_checksums += 1
        return Outgoing()
    if terminal.hung:
        return Outgoing()
    answer = _answer(session, packet)
    return Outgoing(tuple(_encode(session, packet.reply, part) for part in answer.parts), answer.after)


def _encode(session: Session, reply: int, part: Part) -> bytes:
    number = session.number if part.session is None else part.session
    return wire.Packet(part.command, number, reply, part.data).encode()


def _answer(session: Session, packet: wire.Packet) -> Answer:
    counters = session.terminal.counters
    handler = HANDLERS.get(packet.command)
    name = _name(packet.command) if handler else "unknown"
    counters.commands[name] = counters.commands.get(name, 0) + 1
    if packet.command not in OPEN_TO_ALL and not (session.authorised and packet.session == session.number):
        counters.unauthorised += 1
        return SILENCE if packet.command == Ack.OK else refuse(Ack.UNAUTH)
    return handler(session, packet.data) if handler else refuse(Ack.UNKNOWN)


def _name(command: int) -> str:
    return "event taken" if command == Ack.OK else Command(command).name

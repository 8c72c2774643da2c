"""Arrivals as JSON lines, for a pipe. Pure."""

import json

from central.listen.arrival import Arrival

PAYLOAD_SHOWN = 1000
"""Bytes of an unreadable payload that are passed on."""


def line(arrival: Arrival) -> str:
    """One line: the attributes of the entry with site, gateway, kind and marks; or error, topic and payload.

    All ASCII, so that no byte of it can do anything to a terminal.
    """
    if arrival.error:
        payload = arrival.payload[:PAYLOAD_SHOWN].decode(errors="replace")
        return json.dumps({"error": arrival.error, "topic": arrival.topic, "payload": payload})
    place = {"site": arrival.site, "gateway": arrival.gateway, "kind": arrival.kind}
    return json.dumps({**arrival.event, **place, "marks": list(arrival.marks)})

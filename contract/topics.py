"""Topic names (`ketuk/v1/…`). Segments match `[a-z0-9-]{1,32}`: no dots and no leading slash, which NATS and
RabbitMQ rewrite. A site may not be called `central`."""

ROOT = "ketuk/v1"
CENTRAL_STATUS = ROOT + "/central/status"
PUNCHES = ROOT + "/+/+/log/punch"
ALL_LOGS = ROOT + "/+/+/log/+"

_ALLOWED = "abcdefghijklmnopqrstuvwxyz0123456789-"


def is_segment(name: str) -> bool:
    """Whether `name` may stand between two slashes of a topic."""
    return 1 <= len(name) <= 32 and all(c in _ALLOWED for c in name)


def is_site(name: str) -> bool:
    """Whether `name` may name a site."""
    return is_segment(name) and name != "central"


def gateway(site: str, name: str) -> str:
    """The folder of one gateway (or reader that speaks to the centre by itself)."""
    return ROOT + "/" + site + "/" + name


def log(site: str, name: str, kind: str) -> str:
    """Where entries go; `kind` is punch, audit or checkpoint."""
    return gateway(site, name) + "/log/" + kind


def ack(site: str, name: str) -> str:
    """Where the centre leaves its watermark (retained)."""
    return gateway(site, name) + "/ack"


def status(site: str, name: str) -> str:
    """Birth, will and clean stop (retained)."""
    return gateway(site, name) + "/status"


def health(site: str, name: str) -> str:
    """Devices, backlog, disk and clock, every minute (retained)."""
    return gateway(site, name) + "/health"


def command(site: str, name: str, verb: str) -> str:
    """A request to the gateway."""
    return gateway(site, name) + "/cmd/" + verb


def reply(site: str, name: str, verb: str) -> str:
    """The gateway's answer, with the `request` of the question."""
    return gateway(site, name) + "/reply/" + verb


def split(topic: str) -> tuple[str, str, str] | None:
    """(site, gateway, rest) of one of our topics, e.g. ("kec-pampangan", "gw1", "log/punch"); None for others."""
    parts = topic.split("/", 4)
    if len(parts) != 5 or parts[0] + "/" + parts[1] != ROOT:
        return None
    return parts[2], parts[3], parts[4]

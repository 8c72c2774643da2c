# MQTT 3.1.1 packets as bytes (OASIS standard, section 3), and the numbers in them. Pure.

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xD0
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

# Table 3.1: why a broker refuses a connection.
REFUSALS = (
    "",
    "the broker wants another version of MQTT",
    "the broker refuses this client id",
    "the broker is not available",
    "user name or password is wrong",
    "the broker says: not authorised",
)


def text(value):
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(2, "big") + raw


# A packet: type and flags, remaining length, body.
def packet(first, body):
    return bytes((first,)) + length(len(body)) + body


def length(size):
    raw = bytearray()
    while True:
        size, low = size >> 7, size & 0x7F
        raw.append(low | (0x80 if size else 0))
        if not size:
            return bytes(raw)


# CONNECT with a clean session: the flash log is the session. `will`: (topic, payload), QoS 1, retained.
def connect(client_id, keepalive, will, user=None, password=None):
    flags = 0x02 | 0x04 | 0x08 | 0x20
    tail = text(will[0]) + text(will[1])
    if user is not None:
        flags |= 0x80
        tail += text(user)
        if password is not None:
            flags |= 0x40
            tail += text(password)
    head = text("MQTT") + bytes((4, flags)) + keepalive.to_bytes(2, "big")
    return packet(0x10, head + text(client_id) + tail)


def subscribe(pid, topics):
    body = pid.to_bytes(2, "big")
    for topic in topics:
        body += text(topic) + b"\x01"
    return packet(0x82, body)


# The head of a QoS 1 PUBLISH; `size` bytes of payload follow it.
def publish(pid, topic, size, retain):
    name = text(topic)
    first = PUBLISH | 0x02 | (0x01 if retain else 0)
    return bytes((first,)) + length(len(name) + 2 + size) + name + pid.to_bytes(2, "big")


def puback(pid):
    return b"\x40\x02" + pid.to_bytes(2, "big")

# The two ways out: a stream (with TLS or without) and one datagram with its answer.

import asyncio
import socket

from firmware import files

_POLL_MS = 20


# An SSLContext that accepts only what `ca` signed, for the host that was asked for. `cert` and `key` may be empty.
# All files are DER. Raises OSError or ValueError with the file's name.
def tls(folder: str, ca: str, cert: str, key: str):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(cadata=_file(folder, ca))
        if cert:
            context.load_cert_chain(_file(folder, cert), _file(folder, key))
    except ValueError:
        raise ValueError("a certificate or key cannot be read: is it DER? " + ", ".join([ca, cert, key]))
    return context


def _file(folder: str, name: str) -> bytes:
    raw = files.read(folder + "/" + name)
    if raw is None:
        raise OSError(name + ": missing: put it on the device")
    return raw


# A pair of streams. The name is looked up each time: brokers move.
async def connect(host: str, port: int, context=None):
    if context is None:
        return await asyncio.open_connection(host, port)
    return await asyncio.open_connection(host, port, ssl=context, server_hostname=host)


# The way to one broker: a coroutine function that gives a pair of streams.
def way(board, host: str, port: int, context):
    async def connect():
        return await board.connect(host, port, context)

    return connect


# Send one datagram and wait for the answer. Raises OSError.
async def exchange(host: str, port: int, packet: bytes) -> bytes:
    address = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0][-1]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect(address)
        sock.send(packet)
        while True:
            try:
                answer = sock.recv(128)
            except OSError as error:
                if error.errno not in (11, 35):  # EAGAIN: nothing yet
                    raise
                answer = None
            if answer:
                return answer
            await asyncio.sleep_ms(_POLL_MS)
    finally:
        sock.close()

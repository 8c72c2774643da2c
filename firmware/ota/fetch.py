# HTTP/1.1 as far as a download needs it: GET, 200, Content-Length, and the connection closed after each file.

import asyncio

from firmware.ota.manifest import UpdateError

_TIMEOUT_MS = 20_000


# (host, port, path, whether TLS) of a URL. Raises UpdateError.
def split(url: str) -> "tuple[str, int, str, bool]":
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in ("http", "https"):
        raise UpdateError("url: not http:// or https://")
    host, _, path = rest.partition("/")
    name, mark, port = host.partition(":")
    if not name or (mark and not port.isdigit()) or " " in url or len(url) > 256:
        raise UpdateError("url: no host")
    number = int(port) if mark else (443 if scheme == "https" else 80)
    return name, number, "/" + path, scheme == "https"


class Fetcher:
    # `connect(host, port, tls)`: a coroutine function that gives a pair of streams.
    def __init__(self, connect, url: str) -> None:
        self._connect = connect
        self._host, self._port, self._path, self._tls = split(url if url.endswith("/") else url + "/")

    # The whole of a small file. Raises OSError, UpdateError.
    async def small(self, name: str, most: int) -> bytes:
        pieces: list[bytes] = []

        async def keep(piece: bytes) -> None:
            pieces.append(piece)

        await self.get(name, most, keep)
        return b"".join(pieces)

    # Hand every piece of a file to `sink`, a coroutine function. Raises OSError, UpdateError.
    async def get(self, name: str, most: int, sink) -> None:
        reader, writer = await asyncio.wait_for_ms(self._connect(self._host, self._port, self._tls), _TIMEOUT_MS)
        try:
            request = "GET %s%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (self._path, name, self._host)
            writer.write(request.encode())
            await asyncio.wait_for_ms(writer.drain(), _TIMEOUT_MS)
            left = await self._head(reader, name)
            if left > most:
                raise UpdateError(name + ": too large")
            while left:
                piece = await asyncio.wait_for_ms(reader.read(min(left, 512)), _TIMEOUT_MS)
                if not piece:
                    raise OSError(name + ": the download broke off")
                left -= len(piece)
                await sink(piece)
        except asyncio.TimeoutError:
            raise OSError(name + ": the server does not answer")
        finally:
            writer.close()

    async def _head(self, reader, name: str) -> int:
        line = await asyncio.wait_for_ms(reader.readline(), _TIMEOUT_MS)
        if line[9:12] != b"200":
            raise UpdateError(name + ": the server answers " + line[9:12].decode())
        length = None
        for _ in range(64):
            line = await asyncio.wait_for_ms(reader.readline(), _TIMEOUT_MS)
            if line in (b"\r\n", b"\n", b""):
                break
            key, _, value = line.decode().partition(":")
            if key.lower() == "content-length" and value.strip().isdigit():
                length = int(value.strip())
        if length is None:
            raise UpdateError(name + ": the server does not tell its length")
        return length

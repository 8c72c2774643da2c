# What the app needs of updates; the code that fetches and checks them is loaded only when one is asked for.

from firmware import boot
from firmware.version import BUILT


class Updates:
    def __init__(self, board, settings) -> None:
        self._board = board
        self._modulus = bytes.fromhex(settings["update.key"])
        self._certificates = settings["broker.ca"], settings["broker.cert"], settings["broker.key"]

    # Fetch and install; gives the version, which is tried at the next start. Raises OSError with the reason.
    async def run(self, url: str, alive) -> str:
        from firmware.ota.manifest import UpdateError
        from firmware.ota.update import update

        try:
            return await update(self._connect, url, self._modulus, BUILT, self._board.root, alive)
        except UpdateError as error:
            raise OSError(str(error))

    async def _connect(self, host: str, port: int, tls: bool):
        context = None
        if tls:
            from firmware.net import tls as make

            context = make(self._board.root or "/", *self._certificates)
        return await self._board.connect(host, port, context)

    # The software that runs has proved itself: it is not taken back any more.
    def confirm(self) -> None:
        state = boot.read_state(self._board.root)
        if state is not None and (state[1] or state[2]):
            boot.write_state(self._board.root, state[0], 0)

    # Whether another version was tried and taken back for this one.
    def taken_back(self) -> bool:
        state = boot.read_state(self._board.root)
        return state is not None and state[2]

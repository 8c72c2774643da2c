"""An event loop in a thread, for terminals that live inside a test or another program."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")
CALL_TIMEOUT = 30.0


class LoopThread:
    """An event loop in a daemon thread; many terminals may share one."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Run a coroutine in the loop and wait for what it gives. Raises RuntimeError when the loop has ended."""
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:
            work.close()  # one that was never begun would complain at its end
            raise
        return future.result(CALL_TIMEOUT)

    def call(self, work: Callable[[], T]) -> T:
        """Call a function in the loop and wait for what it gives."""

        async def once() -> T:
            return work()

        return self.run(once())

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT)
        self._loop.close()

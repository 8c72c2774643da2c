# What a reader asks of its buses: machine.SPI, Pin and UART have it, and so do the simulated chips.
# For the type checker only: this file is never on the device.

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview
Room: TypeAlias = bytearray | memoryview
Ticks: TypeAlias = Callable[[], Any]  # the stubs have a type of their own for what time.ticks_ms gives

class Spi(Protocol):
    def write(self, buf: Buffer, /) -> object: ...
    def readinto(self, buf: Room, write: int = 0, /) -> object: ...
    def write_readinto(self, write_buf: Buffer, read_buf: Room, /) -> object: ...

class Pin(Protocol):
    def __call__(self, level: int, /) -> object: ...

class EdgePin(Protocol):
    @property
    def IRQ_FALLING(self) -> int: ...  # noqa: N802 - machine.Pin's name
    def irq(self, handler: Callable[..., object], trigger: int) -> object: ...

class Uart(Protocol):
    def any(self) -> int: ...
    def read(self, nbytes: int, /) -> bytes | None: ...
    def write(self, buf: Buffer, /) -> object: ...

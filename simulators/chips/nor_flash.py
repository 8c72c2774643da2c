# NOR flash as a block device (MicroPython's extended interface), kept in a file, that can lose power at any step.
#
# A program clears bits and never sets one; an erase sets a whole block to FFh. A power cut inside either leaves it
# torn: of a program the first half, of an erase a block half erased. Whatever is asked of it from then on, it answers
# with an error and does nothing: who lives on without power can be promised nothing. It raises nothing, since an
# exception that jumps through littlefs' C code leaves its list of open files pointing at freed memory.

BLOCK = 4096
_EIO = -5


class NorFlash:
    # `path` of a file that exists or is made erased, `blocks` of 4096 bytes.
    def __init__(self, path: str, blocks: int = 64) -> None:
        self.blocks = blocks
        self.steps = 0  # programs and erases done since it was powered
        self.cut_at: int | None = None  # the step at which power goes; None: never
        self.torn = True  # whether that step is done half (else not at all)
        self.fail_at: int | None = None  # the step that is done and yet reported as failed
        self.dead = False
        self.erases = 0
        self.programmed = 0
        try:
            self._file = open(path, "r+b")
        except OSError:
            self._file = open(path, "w+b")
            for _ in range(blocks):
                self._file.write(b"\xff" * BLOCK)
        self._held = bytearray(BLOCK)

    def close(self) -> None:
        self._file.close()

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> int:
        if self.dead:
            return _EIO
        self._file.seek(block * BLOCK + offset)
        self._file.readinto(buffer)
        return 0

    def writeblocks(self, block: int, buffer: bytearray, offset: int = 0) -> int:
        if self.dead:
            return _EIO
        part = self._step(len(buffer))
        self._program(block * BLOCK + offset, buffer, part)
        self.programmed += part
        return self._outcome()

    def ioctl(self, op: int, arg: int) -> int | None:
        if op == 4:
            return self.blocks
        if op == 5:
            return BLOCK
        if op == 6:
            return self._erase(arg)
        return 0

    def _erase(self, block: int) -> int:
        if self.dead:
            return _EIO
        part = self._step(BLOCK)
        self._file.seek(block * BLOCK)
        self._file.write(b"\xff" * part)
        self.erases += 1
        return self._outcome()

    # How many bytes of this step are done.
    def _step(self, size: int) -> int:
        self.steps += 1
        if self.cut_at is None or self.steps < self.cut_at:
            return size
        return size // 2 if self.torn else 0

    def _outcome(self) -> int:
        self.dead = self.cut_at is not None and self.steps >= self.cut_at
        return _EIO if self.dead or self.steps == self.fail_at else 0

    def _program(self, at: int, buffer: bytearray, part: int) -> None:
        held = memoryview(self._held)[:part]
        self._file.seek(at)
        self._file.readinto(held)
        if any(byte != 0xFF for byte in held):  # bits that were cleared before stay so
            for index in range(part):
                held[index] &= buffer[index]
        else:
            held[:] = memoryview(buffer)[:part]
        self._file.seek(at)
        self._file.write(held)

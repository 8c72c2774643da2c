# One update from the command to the restart that tries it.

import gc

from firmware.ota.fetch import Fetcher
from firmware.ota.install import Installer
from firmware.ota.manifest import LARGEST, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SIGNATURE = 512


# Fetch, verify and install what lies at `url`; gives its version. `alive()` is called after every piece. Raises
# UpdateError when it is not for this reader or not what was signed, OSError when it cannot be fetched or stored.
async def update(connect, url: str, modulus: bytes, built: int, root: str, alive) -> str:
    fetcher = Fetcher(connect, url)
    raw = await fetcher.small("manifest.json", LARGEST)
    signature = await fetcher.small("manifest.sig", SIGNATURE)
    manifest = read(raw, signature, modulus, built)
    files: Any = manifest["files"]
    del raw, signature
    installer = Installer(root)
    installer.prepare()
    for path, size, digest in files:
        gc.collect()
        part = installer.file(path, size, digest)

        async def keep(piece: bytes, part=part) -> None:
            part.write(piece)
            alive()

        try:
            await fetcher.get(path, size, keep)
            part.finish()
        finally:
            part.close()
    installer.commit(manifest)
    return str(manifest["version"])

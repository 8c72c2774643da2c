"""Configuration files for the tests of `ketuk check`."""

from pathlib import Path

from gateway.config import Config, load

DEVICE = '[[device]]\nid = "pintu-depan"\ndriver = "virtual"\n'


def write(folder: Path, *, broker: str = 'url = "mqtt://127.0.0.1:1"', devices: str = DEVICE, more: str = "") -> Path:
    """gateway.toml in `folder`, with the data in `data` beside it."""
    file = folder / "gateway.toml"
    file.write_text(
        f'[site]\nid = "kec-pampangan"\nlang = "en"\n[gateway]\nid = "gw1"\ndata = "data"\n'
        f'[clock]\ntrust = "system"\n[broker]\n{broker}\n{more}\n{devices}'
    )
    return file


def config(folder: Path, **parts: str) -> Config:
    """The same, read."""
    return load(write(folder, **parts))

"""Renew what docs/clock-forgery.md quotes."""

import tempfile
from pathlib import Path

from tests.forgery.document import DOCUMENT, renewed

with tempfile.TemporaryDirectory() as folder:
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(), Path(folder)))

"""Write docs/tampering.md."""

import tempfile
from pathlib import Path

from tests.documents import ROOT
from tests.tampering.page import page, play

with tempfile.TemporaryDirectory() as folder:
    scene = Path(folder) / "scene"
    scene.mkdir()
    (ROOT / "docs" / "tampering.md").write_text(page(play(scene)))

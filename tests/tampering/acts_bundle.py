"""Done to a bundle on its way to whoever has to judge."""

import hashlib
import json
import zipfile
from collections.abc import Callable

from central.signing import Signer
from tests.tampering.act import Act, Step
from tests.tampering.forging import THIEF, anew, names, one_byte
from tests.tampering.scene import KEY, LOGID, Scene

COMMAND = "ketuk central verify maret.zip"
_ENTRIES, _MANIFEST, _SEAL = f"{LOGID}.jsonl", "manifest.json", "manifest.sig"


def _change(scene: Scene, change: Callable[[dict[str, bytes]], None]) -> None:
    """Unpack it, change what is in it, pack it anew."""
    with zipfile.ZipFile(scene.bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(scene.bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def _byte(scene: Scene) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[_ENTRIES] = one_byte(files[_ENTRIES])

    _change(scene, change)


def _newest(scene: Scene) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[_ENTRIES] = b"".join(files[_ENTRIES].splitlines(keepends=True)[:18])

    _change(scene, change)


def _all_of_it(scene: Scene) -> None:
    """With another gateway's key and another centre's."""
    centre = Signer(scene.folder / "forger")

    def change(files: dict[str, bytes]) -> None:
        forged = anew(files[_ENTRIES].splitlines(), THIEF)
        files[_ENTRIES] = b"".join(raw + b"\n" for raw in forged)
        manifest = json.loads(files[_MANIFEST])
        public, name = names(THIEF)
        manifest["keys"], manifest["centre"] = [{"key": name, "public": public}], centre.public
        manifest["files"][_ENTRIES] = hashlib.sha256(files[_ENTRIES]).hexdigest()
        files[_MANIFEST] = json.dumps(manifest).encode()
        files[_SEAL] = centre.sign(files[_MANIFEST]).encode()

    _change(scene, change)


def _nothing(_scene: Scene) -> None:
    """Only another question is asked."""


ACTS = (
    Act("One byte of a bundle", (Step("The same byte, in the file of entries.", _byte, COMMAND),)),
    Act("The newest entries are taken out", (Step("Entries 19 to 26 are left out.", _newest, COMMAND),)),
    Act(
        "A bundle of the forger's own",
        (
            Step(
                "Everything is written anew: entries, hashes, signatures, the list of keys, the manifest. It proves "
                "itself with the key that it names; which that is stands in the last line but one.",
                _all_of_it,
                COMMAND,
                caught=False,
            ),
            Step(
                "So whoever judges asks with the key from the paper of the hand-over.",
                _nothing,
                f"{COMMAND} --key {names(KEY)[0]}",
            ),
        ),
    ),
)

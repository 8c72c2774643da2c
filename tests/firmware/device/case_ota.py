# Updates: signatures, lists, slots; power cut at every step of an installation; three failed starts and back.

import hashlib
import os

from flash import Flash

from contract.jsontext import dumps
from firmware import boot, files
from firmware.ota.install import Installer
from firmware.ota.manifest import UpdateError, read
from firmware.ota.rsa import verify

FOLDER = ""
OLD = {"firmware/start.mpy": b"old start", "contract/entry.mpy": b"old entry" * 300}
NEW = {
    "firmware/start.mpy": b"new start",
    "firmware/log/pack.mpy": b"new pack" * 700,
    "contract/entry.mpy": b"new" * 900,
}


def listing(version, contents):
    entries = [[path, len(raw), hashlib.sha256(raw).digest().hex()] for path, raw in contents.items()]
    return {"version": version, "built": 2, "mpy": 6, "files": entries}


def install(root, contents, version="2"):
    installer = Installer(root)
    installer.prepare()
    manifest = listing(version, contents)
    for path, size, digest in manifest["files"]:
        part = installer.file(path, size, digest)
        raw = contents[path]
        for at in range(0, len(raw), 512):
            part.write(raw[at : at + 512])
        part.finish()
    installer.commit(manifest)


# What is in a slot, None when it does not claim to be whole.
def contents_of(root, slot):
    raw = files.read(root + "/" + slot + "/" + boot.MANIFEST)
    if raw is None:
        return None
    import json

    found = {}
    for path, size, digest in json.loads(raw)["files"]:
        held = files.read(root + "/" + slot + "/" + path)
        assert held is not None and len(held) == size and hashlib.sha256(held).digest().hex() == digest, path
        found[path] = held
    return found


def factory(root):
    for folder in ("a", "a/firmware", "a/contract"):
        os.mkdir(root + "/" + folder)
    for path, raw in OLD.items():
        files.write(root + "/a/" + path, raw)
    files.write(root + "/a/" + boot.MANIFEST, dumps(listing("1", OLD)).encode())


def test_power_cut_at_every_step_of_an_installation_and_it_boots():
    flash = Flash(FOLDER + "/ota.bin", 64)
    factory("/flash")
    flash.save()
    cut, done, outcomes = 0, False, set()
    while not done:
        cut += 1
        for torn in (True, False):
            flash.device.close()
            flash.restore()
            try:
                flash.power(cut, torn)
                install("/flash", NEW)
                done = not flash.device.dead
            except OSError:
                assert flash.device.dead
                done = False
            flash.power()
            slot = boot.choose("/flash")
            held = contents_of("/flash", slot)
            assert held in (OLD, NEW), "what boots is not whole"
            outcomes.add(slot)
            if torn and cut % 7 == 0:
                install("/flash", NEW, "3")  # and another one can be installed over what was left
                assert contents_of("/flash", boot.choose("/flash")) == NEW
    assert cut > 30 and outcomes == {"a", "b"}
    print("power was cut at each of", cut, "steps")
    flash.close()


# Power cut at every step of `action`, which begins with NEW on trial for the `tries`-th time. `next_start` runs at once
# after it, cut or not, and `at_last` after four more starts without proof.
def cut_choice(action, tries, next_start, at_last):
    flash = Flash(FOLDER + "/ota.bin", 64)
    factory("/flash")
    install("/flash", NEW)
    boot.write_state("/flash", "b", tries)
    flash.save()
    cut, done = 0, False
    while not done:
        cut += 1
        for torn in (True, False):
            flash.device.close()
            flash.restore()
            flash.power(cut, torn)
            try:
                action()
            except OSError:
                assert flash.device.dead
            done = not flash.device.dead
            flash.power()
            assert contents_of("/flash", boot.choose("/flash")) == next_start
    print("power was cut at each of", cut, "steps")
    assert cut > 1
    assert contents_of("/flash", [boot.choose("/flash") for _ in range(4)][-1]) == at_last
    flash.close()


def test_power_cut_at_every_step_of_a_start_on_trial():
    cut_choice(lambda: boot.choose("/flash"), 1, NEW, OLD)


def test_power_cut_at_every_step_of_proving_itself():
    cut_choice(lambda: boot.write_state("/flash", "b", 0), 2, NEW, NEW)


def test_power_cut_at_every_step_of_taking_it_back():
    cut_choice(lambda: boot.choose("/flash"), boot.TRIES + 1, OLD, OLD)


def test_three_starts_without_proof_and_it_is_taken_back():
    flash = Flash(FOLDER + "/ota.bin", 64)
    factory("/flash")
    install("/flash", NEW)
    assert [boot.choose("/flash") for _ in range(5)] == ["b", "b", "b", "a", "a"]
    assert boot.read_state("/flash") == ("a", 0, True), "the app is to tell that it was taken back"
    install("/flash", NEW, "3")
    assert boot.choose("/flash") == "b"
    boot.write_state("/flash", "b", 0)
    assert [boot.choose("/flash") for _ in range(5)] == ["b"] * 5
    install("/flash", OLD, "4")
    assert contents_of("/flash", "a") == OLD and boot.choose("/flash") == "a"
    flash.close()


def test_nothing_in_the_state_can_stop_the_start():
    flash = Flash(FOLDER + "/ota.bin", 64)
    assert boot.choose("/flash") is None, "a frozen build has no slots"
    factory("/flash")
    for raw in (b"", b"b 0", b"c 1", b"a", b"a x", b"\xff\xfe\x00", b"b 9", b"a 9", b"a 0 back now"):
        files.write("/flash/slot", raw)
        assert boot.choose("/flash") == "a", raw
    os.remove("/flash/slot")
    assert boot.choose("/flash") == "a" and boot.current("/flash") == "a"
    flash.close()


def refused(call, *given):
    try:
        call(*given)
    except UpdateError as error:
        return str(error)
    raise AssertionError("it was taken")


def test_a_file_that_is_not_what_was_signed_is_refused():
    flash = Flash(FOLDER + "/ota.bin", 64)
    factory("/flash")
    installer = Installer("/flash")
    installer.prepare()
    part = installer.file("firmware/x.mpy", 4, hashlib.sha256(b"good").digest().hex())
    part.write(b"evil")
    assert "not the file that was signed" in refused(part.finish)
    part = installer.file("firmware/x.mpy", 4, hashlib.sha256(b"good").digest().hex())
    part.write(b"go")
    assert "not the file that was signed" in refused(part.finish)
    part = installer.file("firmware/x.mpy", 4, "0" * 64)
    assert "longer" in refused(part.write, b"longer")
    part.close()
    assert boot.choose("/flash") == "a"
    flash.close()


# Made with openssl: an RSA-2048 key, and its signature over MESSAGE (see keys in ota_key.py).
def test_signatures_of_openssl_are_told_from_others():
    from ota_key import MESSAGE, MODULUS, SIGNATURE

    assert verify(MODULUS, SIGNATURE, MESSAGE)
    assert not verify(MODULUS, SIGNATURE, MESSAGE + b" ")
    for at in (0, 1, 100, 255):
        wrong = bytearray(SIGNATURE)
        wrong[at] ^= 1
        assert not verify(MODULUS, bytes(wrong), MESSAGE)
    assert not verify(MODULUS, SIGNATURE[1:], MESSAGE) and not verify(MODULUS, b"\x00" + SIGNATURE, MESSAGE)
    assert not verify(MODULUS, b"\xff" * 256, MESSAGE) and not verify(MODULUS, bytes(256), MESSAGE)
    assert not verify(MODULUS[:128], SIGNATURE[:128], MESSAGE), "a short key is none"


def test_lists_that_are_not_for_this_reader_are_refused():
    from firmware.ota import manifest as module

    module.verify = lambda modulus, signature, raw: signature == b"ok"
    raw = dumps(listing("2", NEW)).encode()
    assert read(raw, b"ok", b"", 1)["version"] == "2"
    assert "signature" in refused(read, raw, b"no", b"", 1)
    assert "newer" in refused(read, raw, b"ok", b"", 2)
    assert "MicroPython" in refused(read, raw.replace(b'"mpy":6', b'"mpy":7'), b"ok", b"", 1)
    assert "version" in refused(read, b"[]", b"ok", b"", 1) and "version" in refused(read, b"{", b"ok", b"", 1)
    digest = "0" * 64
    bad = (
        "../boot.mpy",
        "/boot.mpy",
        "a//b.mpy",
        "boot.py",
        ".mpy",
        "a/./b.mpy",
        "a/b/c/d.mpy",
        "",
        5,
        "A.mpy",
        "a b.mpy",
    )
    for path in bad:
        changed = listing("2", NEW)
        changed["files"] = [[path, 5, digest]]
        assert "bad entry" in refused(read, dumps(changed).encode(), b"ok", b"", 1), path
    for entry in (
        [["x.mpy", -1, digest]],
        [["x.mpy", 1, "0"]],
        [["x.mpy", 1]],
        ["x.mpy"],
        [["x.mpy", 400_001, digest]],
    ):
        changed = listing("2", NEW)
        changed["files"] = entry
        refused(read, dumps(changed).encode(), b"ok", b"", 1)
    changed["files"] = [["x.mpy", 300_000, digest], ["y.mpy", 300_000, digest]]
    assert "too large" in refused(read, dumps(changed).encode(), b"ok", b"", 1)
    changed["files"] = []
    assert "no files" in refused(read, dumps(changed).encode(), b"ok", b"", 1)


def test_urls():
    from firmware.ota.fetch import split

    assert split("http://h/x/") == ("h", 80, "/x/", False)
    assert split("https://h:8443/") == ("h", 8443, "/", True)
    for url in ("", "ftp://h/", "http://", "http:///x", "http://h:x/", "http://h/a b", "http://h/" + "x" * 300):
        refused(split, url)

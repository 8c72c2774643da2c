"""Evidence that proves itself, and what happens to it when one byte is not as it was."""

import json
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.errors import EvidenceError
from central.keyring import Keyring
from central.proof.bundle import Wanted, write_bundle
from central.proof.bundle_reader import total, verify_bundle
from central.proof.findings import Findings
from central.signing import Signer
from contract.chain import entry_hash
from tests.central.books import Centre
from tests.central.chain import Chain, public

DAY = datetime(2026, 3, 2, tzinfo=UTC)
PLACE = ("kec-pampangan", "gw1")


def at(hour: int) -> dict[str, str]:
    when = (DAY + timedelta(hours=hour)).isoformat()
    return {"time": when, "recorded": when}


@pytest.fixture
def chain(centre: Centre) -> Chain:
    """A day: ten punches an hour, signed every hour; the last hour is not signed yet."""
    chain = Chain()
    for hour in range(24):
        chain.punches(10, **at(hour))
        if hour < 23:
            chain.signs()
    centre.take([chain.birth()], chain.messages())
    return chain


Make = Callable[..., Path]


@pytest.fixture
def make(centre: Centre, tmp_path: Path) -> Make:
    def make(first: int = 8, last: int = 10, name: str = "evidence.zip") -> Path:
        wanted = Wanted(PLACE, DAY + timedelta(hours=first), DAY + timedelta(hours=last))
        file = tmp_path / name
        write_bundle(centre.database, Keyring(), Signer(tmp_path / "key"), wanted, file, lambda _: None)
        return file

    return make


def changed(file: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The same bundle with one file in it changed, and packed anew."""
    target = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        for each in old.namelist():
            content = old.read(each)
            new.writestr(each, change(content) if each == name else content)
    return target


def problems(findings: Findings) -> set[str]:
    found = {problem.kind for log in findings.logs for problem in log.problems}
    return found | {text.partition(" ")[0] for text in findings.problems}


def test_it_holds_what_was_asked_for_and_proves_it(make: Make, chain: Chain) -> None:
    findings = verify_bundle(make(), None)
    assert not findings.wrong
    (log,) = findings.logs
    first, last = 8 * 11 + 1, 11 * 11  # hours 8, 9, 10 with the checkpoint after them
    assert (log.first, log.last, log.entries, log.verified_to, log.unsigned) == (first, last, 33, last - 1, 0)
    assert [key["public"] for key in findings.keys] == [public(chain.key)]
    assert total(make(name="again.zip")) == 33


def test_the_exact_bytes_are_in_it(make: Make, chain: Chain) -> None:
    with zipfile.ZipFile(make()) as archive:
        lines = archive.read(f"{chain.logid}.jsonl").splitlines()
        manifest = json.loads(archive.read("manifest.json"))
    assert lines == chain.raws[88:121]
    assert (manifest["site"], manifest["gateway"]) == PLACE


def test_the_same_evidence_is_the_same_file(make: Make, chain: Chain) -> None:
    with zipfile.ZipFile(make()) as one, zipfile.ZipFile(make(name="again.zip")) as other:
        for name in one.namelist():
            if not name.startswith("manifest"):
                assert one.read(name) == other.read(name)


def test_a_part_that_nobody_signed_yet(make: Make, chain: Chain) -> None:
    (log,) = verify_bundle(make(22, 23), None).logs
    assert (log.unsigned, log.last) == (10, 24 * 10 + 23)


def test_another_key_than_the_one_on_paper(make: Make, chain: Chain) -> None:
    file = make()
    assert not verify_bundle(file, bytes.fromhex(public(chain.key))).wrong
    findings = verify_bundle(file, bytes.fromhex(public(Ed25519PrivateKey.generate())))
    assert problems(findings) == {"unknown-key"}


class TestTampering:
    def test_one_byte_of_an_entry(self, make: Make, chain: Chain) -> None:
        file = changed(make(), f"{chain.logid}.jsonl", lambda lines: lines.replace(b"pin:1042", b"pin:1043", 1))
        assert problems(verify_bundle(file, None)) == {"broken", f"{chain.logid}.jsonl"}

    def test_an_entry_taken_out(self, make: Make, chain: Chain) -> None:
        def without_the_fifth(content: bytes) -> bytes:
            lines = content.splitlines(keepends=True)
            return b"".join(lines[:4] + lines[5:])

        findings = verify_bundle(changed(make(), f"{chain.logid}.jsonl", without_the_fifth), None)
        assert [(gap.first, gap.state) for log in findings.logs for gap in log.gaps] == [(93, "vanished")]
        assert findings.wrong

    def test_an_entry_twice_or_in_another_place(self, make: Make, chain: Chain) -> None:
        def twice(content: bytes) -> bytes:
            lines = content.splitlines(keepends=True)
            return b"".join([*lines[:5], lines[4], *lines[5:]])

        assert "order" in problems(verify_bundle(changed(make(), f"{chain.logid}.jsonl", twice), None))

    def test_the_end_cut_off(self, make: Make, chain: Chain) -> None:
        def cut(content: bytes) -> bytes:
            return b"".join(content.splitlines(keepends=True)[:20])

        findings = verify_bundle(changed(make(), f"{chain.logid}.jsonl", cut), None)
        assert [(gap.first, gap.last) for log in findings.logs for gap in log.gaps] == [(109, 121)]

    def test_written_anew_with_the_manifest_but_without_the_keys(self, make: Make, chain: Chain) -> None:
        """The chain mended, the hashes of the files corrected: the signatures remain."""
        forged = chain.copy(90)
        forged.punches(1, subject="pin:9", **at(8))
        for raw in chain.raws[91:121]:
            old, new = chain.hash(len(forged.raws)), entry_hash(forged.raws[-1])
            forged.raws.append(raw.replace(old.encode(), new.encode()))
        content = b"".join(raw + b"\n" for raw in forged.raws[88:121])
        file = changed(make(), f"{chain.logid}.jsonl", lambda _: content)
        assert {"bad-signature", f"{chain.logid}.jsonl"} <= problems(verify_bundle(file, None))

    @pytest.mark.parametrize("member", ["gateway", "keys", "logs", "files", "made"])
    def test_the_manifest(self, member: str, make: Make, chain: Chain) -> None:
        def change(content: bytes) -> bytes:
            manifest = json.loads(content)
            manifest[member] = [] if member in ("keys", "logs") else {} if member == "files" else "gw2"
            return json.dumps(manifest).encode()

        assert "manifest.json" in problems(verify_bundle(changed(make(), "manifest.json", change), None))

    def test_a_manifest_that_is_no_text(self, make: Make, chain: Chain) -> None:
        file = changed(make(), "manifest.json", lambda content: content.replace(b'"', b'"\xff', 1))
        with pytest.raises(EvidenceError, match="manifest"):
            verify_bundle(file, None)

    def test_any_byte_of_the_file_itself(self, make: Make, chain: Chain) -> None:
        chance, file = random.Random(3), make()
        whole = file.read_bytes()
        noticed = 0
        for _ in range(60):
            broken = bytearray(whole)
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
            file.write_bytes(broken)
            try:
                noticed += verify_bundle(file, None).wrong
            except EvidenceError:
                noticed += 1
        assert noticed >= 40  # the rest are dates and flags of the archive, which say nothing of the evidence

    @pytest.mark.parametrize("size", [0, 100, -30])
    def test_a_file_that_is_not_whole(self, size: int, make: Make, chain: Chain) -> None:
        file = make()
        file.write_bytes(file.read_bytes()[:size])
        with pytest.raises(EvidenceError, match="is not a whole bundle"):
            verify_bundle(file, None)


class TestWhatIsPartOfTheTruth:
    def test_gaps_and_forks_that_the_centre_knows_of(self, centre: Centre, make: Make) -> None:
        chain = Chain().punches(12, **at(9)).signs()
        other = chain.copy(3).punches(1, subject="pin:9", **at(9))
        centre.take([chain.birth()], chain.messages(1, 5), chain.messages(8), other.messages(4))
        (log,) = verify_bundle(make(), None).logs
        assert [(gap.first, gap.last, gap.state) for gap in log.gaps] == [(6, 7, "missing")]
        assert log.forks == [4]

    def test_rotations_before_that_part(self, centre: Centre, make: Make, chain: Chain) -> None:
        before = len(chain.raws)
        chain.rotates(Ed25519PrivateKey.generate()).punches(5, **at(30)).signs()
        centre.take(chain.messages(before + 1))
        findings = verify_bundle(make(29, 31), None)
        assert not findings.wrong
        assert [key["why"] for key in findings.keys] == ["rotation"]

    def test_entries_with_line_breaks_in_them(self, centre: Centre, make: Make) -> None:
        chain = Chain()
        raw = chain.punch(**at(9))
        raw = raw.replace(b'{"specversion"', b'{\n "specversion"')
        chain.raws[0] = raw
        chain.punches(3, **at(9)).signs()
        centre.take([chain.birth()], chain.messages())
        (log,) = verify_bundle(make(), None).logs
        assert (log.entries, log.verified_to, log.problems) == (5, 4, [])

    def test_nothing_there(self, make: Make, chain: Chain) -> None:
        with pytest.raises(EvidenceError, match="nothing of kec-pampangan/gw1 is held"):
            make(100, 101)
        assert not list(Path(make().parent).glob("*.part"))

    def test_nothing_is_overwritten(self, make: Make, chain: Chain) -> None:
        make()
        with pytest.raises(EvidenceError, match="is there already"):
            make()


class TestTheCentresKey:
    def test_made_once_and_for_nobody_else(self, tmp_path: Path) -> None:
        first, again = Signer(tmp_path / "a" / "b"), Signer(tmp_path / "a" / "b")
        assert first.public == again.public
        assert (tmp_path / "a" / "b" / "central.pem").stat().st_mode & 0o777 == 0o600
        assert [file.name for file in (tmp_path / "a" / "b").iterdir()] == ["central.pem"]

    def test_what_is_wrong_with_it_is_told(self, tmp_path: Path) -> None:
        from central.errors import CentralError

        Signer(tmp_path)
        (tmp_path / "central.pem").chmod(0o644)
        with pytest.raises(CentralError, match="chmod 600"):
            Signer(tmp_path)
        (tmp_path / "central.pem").write_text("nothing")
        (tmp_path / "central.pem").chmod(0o600)
        with pytest.raises(CentralError, match="no key in PEM"):
            Signer(tmp_path)

"""What verification finds: nothing where nothing was done, and each thing that can be done to a database."""

import random
import sqlite3
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.keyring import Keyring
from central.proof import parallel
from central.proof.database import count, verify
from central.proof.findings import Findings, LogFindings
from contract.chain import entry_hash
from contract.checkpoint import key_name
from tests.central.books import Centre
from tests.central.chain import KEY, Chain, public


@pytest.fixture
def chain(centre: Centre) -> Chain:
    """40 punches and their signatures, in the database."""
    chain = Chain()
    chain.says("key-created", public=public(chain.key))
    for _ in range(4):
        chain.punches(10).signs()
    chain.punches(3)
    centre.take(chain.messages(), [chain.birth()])
    return chain


def looked_at(centre: Centre, ring: Keyring | None = None) -> Findings:
    return verify(centre.database, ring or Keyring())


def only(findings: Findings) -> LogFindings:
    (log,) = findings.logs
    return log


def kinds(findings: Findings) -> list[tuple[int, str]]:
    return [(problem.sequence, problem.kind) for log in findings.logs for problem in log.problems]


def change(centre: Centre, statement: str, *values: object) -> None:
    with centre.database.transaction() as sql:
        sql.run(statement, values)


def slip(centre: Centre, chain: Chain, key: Ed25519PrivateKey, why: str) -> None:
    """Pin a key behind everybody's back."""
    half = public(key)
    row = (chain.site, chain.gateway, key_name(bytes.fromhex(half)), half, True, why, "2026-01-01T00:00:00.000000Z")
    change(centre, "INSERT INTO signing_key VALUES (?, ?, ?, ?, ?, ?, ?)", *row)


def test_nothing_is_wrong(centre: Centre, chain: Chain) -> None:
    findings = looked_at(centre)
    log = only(findings)
    assert not findings.wrong
    assert (log.entries, log.first, log.last, log.verified_to, log.unsigned, log.checkpoints) == (48, 1, 48, 44, 3, 4)
    assert log.last_hash == chain.hash(48)
    assert [(key["public"], key["why"]) for key in findings.keys] == [(public(chain.key), "first contact")]
    assert count(centre.database) == 48


def test_what_no_column_can_hold_is_no_tampering(centre: Centre) -> None:
    chain = Chain()
    chain.punch("pin:\0", id="a\0b", method="\0")
    centre.take(chain.messages())
    assert centre.rows("SELECT id FROM entry") == ["a\N{REPLACEMENT CHARACTER}b"]
    assert not looked_at(centre).wrong


class TestTampering:
    def test_one_byte_of_an_entry(self, centre: Centre, chain: Chain) -> None:
        raw = chain.raws[6].replace(b"07:00", b"06:00", 1).replace(b"pin:1042", b"pin:1043")
        change(centre, "UPDATE entry SET raw = ? WHERE sequence = 7", raw)
        found = kinds(looked_at(centre))
        assert (7, "altered") in found
        assert (8, "broken") in found
        assert (7, "column") in found

    def test_an_entry_with_its_hash_and_its_columns(self, centre: Centre, chain: Chain) -> None:
        raw = chain.raws[6].replace(b"pin:1042", b"pin:1043")
        change(centre, "UPDATE entry SET raw = ?, hash = ? WHERE sequence = 7", raw, bytes.fromhex(entry_hash(raw)))
        change(centre, "UPDATE punch SET subject = 'pin:1043' WHERE sequence = 7")
        assert kinds(looked_at(centre)) == [(8, "broken")]

    def test_everything_after_it_written_anew(self, centre: Centre, chain: Chain) -> None:
        """With the chain mended: only the signatures notice."""
        forged = chain.copy(6).punches(1, subject="pin:1043", id="fact-7")
        for raw in chain.raws[7:]:
            before = forged.raws[-1]
            forged.raws.append(raw.replace(chain.hash(len(forged.raws)).encode(), entry_hash(before).encode()))
        for sequence, raw in enumerate(forged.raws, start=1):
            change(
                centre,
                "UPDATE entry SET raw = ?, hash = ? WHERE sequence = ?",
                raw,
                bytes.fromhex(entry_hash(raw)),
                sequence,
            )
        change(centre, "UPDATE punch SET subject = 'pin:1043' WHERE sequence = 7")
        change(centre, "UPDATE log SET hash = ?", bytes.fromhex(entry_hash(forged.raws[-1])))
        findings = looked_at(centre)
        assert findings.wrong
        assert kinds(findings) == [(12 + 11 * n, "bad-signature") for n in range(4)]
        assert only(findings).verified_to == 0

    @pytest.mark.parametrize(
        ("column", "value"),
        [("subject", "pin:1"), ("method", "card"), ("direction", "out"), ("clock_state", "unset"), ("serial", "X")],
    )
    def test_a_column_of_a_punch(self, column: str, value: str, centre: Centre, chain: Chain) -> None:
        change(centre, f"UPDATE punch SET {column} = ? WHERE sequence = 9", value)  # noqa: S608
        findings = looked_at(centre)
        assert kinds(findings) == [(9, "column")]
        assert f"punch.{column}" in only(findings).problems[0].text

    def test_the_time_of_a_punch(self, centre: Centre, chain: Chain) -> None:
        for column in ("time", "local_time"):
            value = "2026-03-02 11:59:59" if column == "local_time" else "2026-03-02T04:59:59.000000Z"
            change(centre, f"UPDATE punch SET {column} = ? WHERE sequence = 9", value)  # noqa: S608
        findings = looked_at(centre)
        assert kinds(findings) == [(9, "column")]
        assert "punch.time, local_time" in only(findings).problems[0].text

    def test_a_punch_removed_or_invented(self, centre: Centre, chain: Chain) -> None:
        change(centre, "DELETE FROM punch WHERE sequence = 9")
        change(centre, "UPDATE punch SET sequence = 4711 WHERE sequence = 10")
        findings = looked_at(centre)
        assert (9, "column") in kinds(findings)
        assert "comes from no entry" in findings.problems[0]

    def test_an_entry_removed(self, centre: Centre, chain: Chain) -> None:
        change(centre, "DELETE FROM entry WHERE sequence BETWEEN 20 AND 22")
        (gap,) = only(looked_at(centre)).gaps
        assert (gap.first, gap.last, gap.state) == (20, 22, "vanished")

    def test_the_end_cut_off(self, centre: Centre, chain: Chain) -> None:
        change(centre, "DELETE FROM entry WHERE sequence > 40")
        (gap,) = only(looked_at(centre)).gaps
        assert (gap.first, gap.last, gap.state) == (41, 48, "vanished")

    def test_an_entry_in_the_place_of_another(self, centre: Centre, chain: Chain) -> None:
        raw = chain.raws[12]
        values = (raw, bytes.fromhex(entry_hash(raw)))
        change(centre, "UPDATE entry SET raw = ?, hash = ? WHERE sequence = 15", *values)
        assert {(15, "misplaced"), (15, "broken"), (16, "broken")} <= set(kinds(looked_at(centre)))

    def test_bytes_that_are_no_entry(self, centre: Centre, chain: Chain) -> None:
        change(centre, "UPDATE entry SET raw = ? WHERE sequence = 15", b"nothing")
        assert kinds(looked_at(centre)) == [(15, "unreadable")]

    def test_the_mark_of_a_log(self, centre: Centre, chain: Chain) -> None:
        change(centre, "UPDATE log SET hash = ?", b"\x01" * 32)
        assert kinds(looked_at(centre)) == [(48, "mark")]

    def test_every_single_byte_counts(self, centre: Centre, chain: Chain) -> None:
        chance = random.Random(1)
        for _ in range(25):
            sequence = chance.randrange(1, len(chain.raws))
            raw = bytearray(chain.raws[sequence - 1])
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            change(centre, "UPDATE entry SET raw = ? WHERE sequence = ?", bytes(raw), sequence)
            assert looked_at(centre).wrong
            change(centre, "UPDATE entry SET raw = ? WHERE sequence = ?", chain.raws[sequence - 1], sequence)
        assert not looked_at(centre).wrong

    def test_a_log_that_is_gone_from_the_table_of_logs(self, centre: Centre, chain: Chain, url: str) -> None:
        if centre.database.dialect == "sqlite":
            with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as plain, plain:
                plain.execute("DELETE FROM log")  # nobody asked it to mind foreign keys
        else:
            change(centre, "ALTER TABLE entry_key DROP CONSTRAINT entry_key_logid_fkey")
            change(centre, "DELETE FROM log")
        findings = looked_at(centre)
        assert findings.wrong
        assert sorted(text.partition(",")[0] for text in findings.problems) == [
            f"{chain.logid}: there are entries of it",
            f"kec-pampangan/gw1 writes {chain.logid}",
        ]

    def test_a_punch_whose_entry_is_gone_but_not_its_key(self, centre: Centre, chain: Chain) -> None:
        change(centre, "DELETE FROM entry WHERE sequence = 48")
        change(
            centre, "UPDATE log SET through = 47, highest = 47, newest = 47, hash = ?", bytes.fromhex(chain.hash(47))
        )
        assert looked_at(centre).problems == [
            "the punch /kec-pampangan/pintu-depan fact-48 in the table of punches comes from no entry"
        ]


def test_several_processes_find_the_same(centre: Centre, chain: Chain, url: str) -> None:
    other = Chain("kec-tulung", "gw1", "11111111").punches(5)
    centre.take(other.messages(1, 2), other.messages(4))
    change(centre, "UPDATE punch SET subject = 'pin:1' WHERE sequence = 9")
    told: list[int] = []
    found = parallel.verify(url, 10.0, Keyring(), told.append, 2)
    assert found.as_dict() == looked_at(centre).as_dict()
    assert (len(found.logs), sum(told), found.wrong) == (2, 52, True)


def test_few_entries_are_no_work_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert [parallel.processes(count) for count in (0, parallel.WORTH_IT - 1, parallel.WORTH_IT)] == [1, 1, 4]


class TestKeys:
    def test_a_key_slipped_into_the_table_as_a_rotation(self, centre: Centre, chain: Chain) -> None:
        change(centre, "DELETE FROM signing_key")
        assert {kind for _, kind in kinds(looked_at(centre))} == {"unknown-key"}
        slip(centre, chain, chain.key, "rotation")
        assert {kind for _, kind in kinds(looked_at(centre))} == {"unknown-key"}  # no entry hands over to it

    @pytest.mark.parametrize("why", ["first contact", "provisioned", "operator"])
    def test_a_key_slipped_into_the_table_proves_nothing_where_the_file_speaks(
        self, why: str, centre: Centre, chain: Chain
    ) -> None:
        before = len(chain.raws)
        chain.key = Ed25519PrivateKey.generate()
        slip(centre, chain, chain.key, why)
        chain.punches(3).signs()
        centre.take(chain.messages(before + 1))
        assert not looked_at(centre).wrong
        ring = Keyring()
        ring.publics[chain.site, chain.gateway][key_name(bytes.fromhex(public(KEY)))] = bytes.fromhex(public(KEY))
        assert kinds(looked_at(centre, ring)) == [(len(chain.raws), "unknown-key")]
        assert {kind for _, kind in kinds(looked_at(centre, Keyring(first_contact=False)))} == {"unknown-key"}

    def test_rotations_are_followed_in_the_entries(self, centre: Centre, chain: Chain) -> None:
        before = len(chain.raws)
        new = Ed25519PrivateKey.generate()
        chain.rotates(new).punches(5).signs()
        centre.take(chain.messages(before + 1))
        findings = looked_at(centre)
        assert not findings.wrong
        assert only(findings).verified_to == len(chain.raws) - 1
        assert [key["why"] for key in findings.keys if key["public"] == public(new)] == ["rotation"]

    def test_a_rotation_that_nobody_signed(self, centre: Centre, chain: Chain) -> None:
        before = len(chain.raws)
        thief = Ed25519PrivateKey.generate()
        chain.rotates(thief, old=thief).punches(5).signs()
        centre.take(chain.messages(before + 1))
        assert [kind for _, kind in kinds(looked_at(centre))] == ["rotation", "unknown-key"]


class TestWhatIsKnownToBeMissing:
    def test_gaps_forks_and_losses_with_their_dates(self, centre: Centre) -> None:
        chain = Chain().punches(10, recorded="2026-03-02T07:00:00+07:00").punches(10).signs()
        centre.take([chain.birth()], chain.messages(1, 4), chain.messages(8))
        (gap,) = only(looked_at(centre)).gaps
        assert (gap.first, gap.last, gap.state, gap.after) == (5, 7, "missing", "2026-03-02T07:00:00+07:00")
        centre.take([chain.birth(oldest=7)])
        assert [(g.first, g.last, g.state) for g in only(looked_at(centre)).gaps] == [
            (5, 6, "lost"),
            (7, 7, "missing"),
        ]
        other = chain.copy(9).punches(2, subject="pin:9")
        centre.take(other.messages(10))
        assert only(looked_at(centre)).forks == [10, 11]

    def test_a_log_that_never_signed(self, centre: Centre) -> None:
        chain = Chain().punches(30)
        centre.take(chain.messages())
        findings = looked_at(centre)
        assert not findings.wrong
        assert (only(findings).unsigned, only(findings).verified_to) == (30, 0)

    def test_a_gateway_that_stopped_signing(self, centre: Centre, chain: Chain) -> None:
        before = len(chain.raws)
        chain.punches(1100)
        centre.take(chain.messages(before + 1))
        log = only(looked_at(centre))
        assert (log.wrong, log.overdue, log.lapses) == (True, True, 0)

    @pytest.mark.parametrize(("hours", "wrong"), [(4, False), (5, True)])
    def test_a_few_entries_over_hours_and_no_signature(
        self, hours: int, wrong: bool, centre: Centre, chain: Chain
    ) -> None:
        before = len(chain.raws)
        for hour in range(hours):
            chain.punch(recorded=f"2026-03-02T{13 + hour}:00:00+07:00", id=f"late-{hour}")
        centre.take(chain.messages(before + 1))
        log = only(looked_at(centre))
        assert (log.wrong, log.lapses) == (wrong, hours)  # the first of them is an hour after the last that was there
        chain.signs()
        centre.take(chain.messages(len(chain.raws)))
        assert (only(looked_at(centre)).wrong, only(looked_at(centre)).lapses) == (False, 0)


def test_readers_that_sign_with_hmac(centre: Centre) -> None:
    import hmac

    from contract import checkpoint

    chain = Chain("sd-negeri-3", "kartu-1", "00c0ffee").punches(5)
    secret, name = b"s" * 32, checkpoint.key_name(b"7")
    text = checkpoint.signed_text(chain.logid, 5, chain.hash(5))
    chain.signs(algorithm="hmac-sha256", key=name, signature=hmac.digest(secret, text, "sha256").hex())
    centre.take(chain.messages())
    assert centre.alarms() == []
    assert (only(looked_at(centre)).verified_to, looked_at(centre).wrong) == (0, False)
    ring = Keyring()
    ring.secrets[chain.site, chain.gateway][name] = secret
    assert only(looked_at(centre, ring)).verified_to == 5
    ring.secrets[chain.site, chain.gateway][name] = b"t" * 32
    assert kinds(looked_at(centre, ring)) == [(6, "bad-signature")]

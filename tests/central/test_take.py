"""One transaction's worth of messages, on both databases: what is stored, ignored, kept beside, and told."""

import json
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.ingest.arrival import Arrival
from contract import messages, topics
from contract.chain import GENESIS
from tests.central.books import Centre, log
from tests.central.chain import Chain, public
from tests.listen.chain import NOON


@pytest.fixture
def chain() -> Chain:
    return Chain()


def mark(centre: Centre, chain: Chain) -> tuple[int, str, list[tuple[int, int]], list[tuple[int, int]]]:
    """What the watermark would say, by a transaction of its own."""
    known = log(centre.take([chain.birth()]))
    return known.cursor.through, known.hash, known.cursor.holes, known.cursor.losses


class TestEntries:
    def test_exact_bytes_and_columns(self, centre: Centre, chain: Chain) -> None:
        chain.punch("pin:1042", time="2026-03-02T07:28:01+07:00", recorded="2026-03-02T07:28:02.250+07:00")
        chain.punch("card:04A1B2", time=None, clock="unset")
        chain.says("software-started", version="1")
        outcome = centre.take(chain.messages())
        assert (outcome.entries, outcome.duplicates, outcome.dead) == (3, 0, 0)
        assert centre.held(chain.logid) == chain.raws
        assert [bytes(h).hex() for h in centre.rows("SELECT hash FROM entry ORDER BY sequence")] == [
            chain.hash(number) for number in (1, 2, 3)
        ]
        (first, second) = centre.rows(
            "SELECT subject, method, direction, clock_state, site FROM punch ORDER BY sequence"
        )
        assert first == ("pin:1042", "finger", "in", "synced", "kec-pampangan")
        assert second == ("card:04A1B2", "finger", "in", "unset", "kec-pampangan")
        (when, none) = centre.rows("SELECT local_time FROM punch ORDER BY sequence")
        assert (str(when), none) == ("2026-03-02 07:28:01", None)
        assert centre.rows("SELECT event FROM audit") == ["software-started"]

    def test_again_is_ignored_in_the_same_batch_and_later(self, centre: Centre, chain: Chain) -> None:
        chain.punches(5)
        once = centre.take(chain.messages(), chain.messages(2, 3))
        again = centre.take(chain.messages())
        assert (once.entries, once.duplicates, again.entries, again.duplicates) == (5, 2, 0, 5)
        assert centre.held(chain.logid) == chain.raws
        assert log(again).cursor.through == 5
        assert centre.alarms() == []

    def test_any_order_in_any_batches_ends_the_same(self, centre: Centre, chain: Chain) -> None:
        chance = random.Random(4)
        chain.punches(60)
        coming = chain.messages() + chain.messages(10, 40)
        chance.shuffle(coming)
        while coming:
            size = chance.randrange(1, 9)
            centre.take(coming[:size])
            del coming[:size]
        assert mark(centre, chain) == (60, chain.hash(60), [], [])
        assert centre.held(chain.logid) == chain.raws
        assert centre.gaps() == []
        assert centre.alarms() == []

    def test_what_is_missing_is_named_with_the_times_around_it(self, centre: Centre, chain: Chain) -> None:
        chain.punches(3, recorded="2026-03-02T07:00:00+07:00").punches(4)
        chain.punches(3, recorded="2026-03-02T08:00:00+07:00")
        centre.take(chain.messages(1, 3), chain.messages(8, 10))
        assert mark(centre, chain) == (3, chain.hash(3), [(4, 7)], [])
        ((since, before, after),) = centre.rows("SELECT since, recorded_before, recorded_after FROM gap")
        assert str(before).replace("T", " ").startswith("2026-03-02 00:00:00")
        assert str(after).replace("T", " ").startswith("2026-03-02 01:00:00")
        centre.take(chain.messages(5, 5))
        assert centre.gaps() == [(4, 4, "missing"), (6, 7, "missing")]
        assert set(centre.rows("SELECT since FROM gap")) == {since}
        centre.take(chain.messages(4, 7))
        assert mark(centre, chain) == (10, chain.hash(10), [], [])

    def test_many_logs_in_one_batch(self, centre: Centre) -> None:
        chains = [Chain(f"site-{n}", "gw1", f"{n:08x}").punches(3, id=f"fact{n}") for n in range(30)]
        outcome = centre.take(*(chain.messages() for chain in chains))
        assert {known.logid: (known.cursor.through, known.hash) for known in outcome.logs} == {
            chain.logid: (3, chain.hash(3)) for chain in chains
        }
        assert centre.rows("SELECT count(*) FROM gateway") == [30]

    def test_a_fact_that_comes_in_two_logs_is_one_punch(self, centre: Centre, chain: Chain) -> None:
        chain.punch(id="same")
        later = Chain(epoch="0badcafe")
        later.says("log-forked", previous={"logid": chain.logid})
        later.punch(id="same")
        centre.take(chain.messages(), later.messages())
        assert centre.rows("SELECT logid, sequence FROM punch") == [(chain.logid, 1)]
        assert centre.rows("SELECT count(*) FROM entry") == [3]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("topic", "payload"),
        [
            ("ketuk/v1/kec-pampangan/gw1/log/punch", b"\xff\x00 no JSON"),
            ("ketuk/v1/kec-pampangan/gw1/log/punch", b""),
            ("ketuk/v1/kec-pampangan/gw1/log/punch", b"[1]" * 40000),
            ("ketuk/v1/kec-pampangan/gw1/status", b'{"state":"dancing"}'),
            ("ketuk/v1/kec-pampangan/gw1/health", b'{"state":"online"}'),
            ("ketuk/v1/kec-pampangan/gw1/nonsense", b"{}"),
            ("ketuk/v1/Kantor/gw1/log/punch", b"{}"),
            ("entirely/else", b"{}"),
        ],
    )
    def test_a_dead_letter_is_kept_and_blocks_nothing(
        self, centre: Centre, chain: Chain, topic: str, payload: bytes
    ) -> None:
        chain.punches(2)
        for times in (1, 2):
            outcome = centre.take([chain.message(1), Arrival(topic, payload), chain.message(2)])
            assert outcome.dead == 1
            ((found, kept, size, count),) = centre.rows("SELECT topic, payload, size, times FROM dead_letter")
            assert (found, bytes(kept), size, count) == (topic, payload[:65536], len(payload), times)
        assert centre.held(chain.logid) == chain.raws

    def test_a_log_of_another_gateway_on_a_topic(self, centre: Centre, chain: Chain) -> None:
        chain.punch()
        centre.take([Arrival(topics.log("kec-pampangan", "gw2", "punch"), chain.raws[0])])
        assert centre.rows("SELECT count(*) FROM entry") == [0]
        assert "gw1.7f3a9c2e is not a log of gw2" in centre.rows("SELECT reason FROM dead_letter")[0]

    def test_nul_and_odd_values_are_stored_with_their_bytes(self, centre: Centre, chain: Chain) -> None:
        chain.punch("pin:\0\U0001f600", time="2026-02-31T07:00:00+07:00", clock="\0", device="pintu-depan", method=7)
        chain.punch(time="0001-01-01T00:00:00+14:00", clock=[1])
        chain.punch(time="9999-12-31T23:59:59-14:00")
        assert centre.take(chain.messages()).entries == 3
        assert centre.held(chain.logid) == chain.raws
        assert (
            centre.rows("SELECT subject FROM punch ORDER BY sequence")[0] == "pin:\N{REPLACEMENT CHARACTER}\U0001f600"
        )
        assert centre.rows("SELECT time FROM punch") == [None, None, None]

    def test_a_sequence_that_no_database_counts(self, centre: Centre, chain: Chain) -> None:
        raw = json.loads(chain.punch())
        raw["sequence"] = "9" * 20
        raw["prevhash"] = "1" * 64
        assert centre.take([Arrival(chain.topic(), json.dumps(raw).encode())]).dead == 1

    def test_same_place_other_bytes_both_kept(self, centre: Centre, chain: Chain) -> None:
        chain.punches(6)
        other = chain.copy(4)
        other.punch("pin:666", id="forged")
        other.punches(3)
        centre.take(chain.messages())
        outcome = centre.take(other.messages())
        assert (outcome.duplicates, outcome.forks, outcome.entries) == (4, 2, 2)
        assert centre.held(chain.logid)[:6] == chain.raws
        kept = centre.rows("SELECT raw FROM fork ORDER BY sequence")
        assert [bytes(raw) for raw in kept] == other.raws[4:6]
        assert [bool(forked) for forked in centre.rows("SELECT forked FROM log")] == [True]
        assert centre.alarms() == ["chain-broken", "forked"]
        assert centre.take(other.messages()).alarms == []
        assert centre.rows("SELECT count(*) FROM fork") == [2]
        assert centre.rows("SELECT id FROM punch WHERE subject = 'pin:666'") == []

    def test_a_break_of_the_chain_is_told_and_stored(self, centre: Centre, chain: Chain) -> None:
        chain.punches(3)
        altered = chain.copy(2)
        altered.raws[1] = altered.raws[1].replace(b"pin:1042", b"pin:1043")
        altered.punch()
        centre.take([chain.message(1), chain.message(2)])
        assert centre.take([altered.message(3)]).entries == 1
        assert centre.alarms() == ["chain-broken"]
        assert log(centre.take([chain.birth()])).cursor.through == 3

    def test_nobody_speaks_for_another_office(self, centre: Centre, chain: Chain) -> None:
        raw = chain.punch().replace(b"/kec-pampangan/", b"/kec-tulung/")
        centre.take([Arrival(chain.topic(), raw)])
        assert centre.rows("SELECT count(*) FROM punch") == [0]
        assert centre.held(chain.logid) == [raw]
        assert centre.alarms() == ["foreign-source"]


class TestLosses:
    def test_a_damage_that_the_log_tells_of_is_no_longer_asked_for(self, centre: Centre, chain: Chain) -> None:
        chain.punches(10).says("log-damaged", logid=chain.logid, file="1.log", lost=[[4, 6], [9, 9]])
        centre.take(chain.messages(1, 3), chain.messages(7, 8), chain.messages(10, 10))
        assert mark(centre, chain)[:3] == (3, chain.hash(3), [(4, 6), (9, 9)])
        centre.take(chain.messages(11))
        assert mark(centre, chain) == (11, chain.hash(11), [], [(4, 6), (9, 9)])
        assert centre.gaps() == [(4, 6, "lost"), (9, 9, "lost")]
        assert centre.alarms() == ["loss", "loss"]
        assert centre.rows("SELECT missing, lost FROM gateway") == [(0, 4)]

    def test_what_comes_after_all_is_no_loss_any_more(self, centre: Centre, chain: Chain) -> None:
        chain.punches(10).says("log-damaged", lost=[[4, 6]])
        centre.take(chain.messages(1, 3), chain.messages(7))
        centre.take(chain.messages(5, 5))
        assert centre.gaps() == [(4, 4, "lost"), (6, 6, "lost")]
        assert set(centre.rows("SELECT told_by FROM loss")) == {f"{chain.logid} 11"}
        centre.take(chain.messages(4, 6))
        assert centre.gaps() == []
        assert mark(centre, chain) == (11, chain.hash(11), [], [])

    def test_a_birth_that_holds_less(self, centre: Centre, chain: Chain) -> None:
        chain.punches(20)
        centre.take(chain.messages(1, 5), chain.messages(15, 20))
        assert log(centre.take([chain.birth(oldest=12)])).cursor.losses == [(6, 11)]
        assert mark(centre, chain) == (5, chain.hash(5), [(12, 14)], [(6, 11)])
        centre.take(chain.messages(12, 14))
        assert mark(centre, chain) == (20, chain.hash(20), [], [(6, 11)])
        assert centre.rows("SELECT told_by FROM gap") == ["birth"]

    def test_a_centre_that_begins_late(self, centre: Centre, chain: Chain) -> None:
        chain.punches(30)
        centre.take([chain.birth(oldest=21)])
        centre.take(chain.messages(21))
        assert mark(centre, chain) == (30, chain.hash(30), [], [(1, 20)])

    @pytest.mark.parametrize("lost", [None, 7, [[3]], [[5, 4]], [[0, 2]], [["a", "b"]], [[True, True]], [[1, 3]]])
    def test_words_about_losses_that_make_no_sense_change_nothing(
        self, lost: object, centre: Centre, chain: Chain
    ) -> None:
        chain.punches(3).says("log-damaged", lost=lost)
        centre.take(chain.messages())
        assert mark(centre, chain) == (4, chain.hash(4), [], [])

    def test_nobody_declares_the_log_of_another_lost(self, centre: Centre, chain: Chain) -> None:
        other = Chain("kec-tulung", "gw1", "11111111").punches(4)
        centre.take(other.messages(1, 1), other.messages(4))
        chain.says("log-damaged", logid=other.logid, lost=[[2, 3]])
        centre.take(chain.messages())
        assert centre.gaps() == [(2, 3, "missing")]

    def test_an_old_log_is_declared_damaged_in_the_new_one(self, centre: Centre, chain: Chain) -> None:
        chain.punches(6)
        centre.take(chain.messages(1, 2), chain.messages(5))
        new = Chain(epoch="0badcafe").says("log-damaged", logid=chain.logid, lost=[[3, 4], [7, 9]])
        centre.take(new.messages())
        assert centre.gaps() == [(3, 4, "lost"), (7, 9, "lost")]


class TestGateways:
    def test_births_wills_and_health(self, centre: Centre, chain: Chain) -> None:
        chain.punches(2)
        centre.take([chain.birth(retained=True)])
        assert centre.rows("SELECT state, last_contact FROM gateway") == [("online", None)]
        device = {"id": "a", "driver": "zkteco", "state": "ok", "offset_s": -3.5}
        health = messages.build_health(
            time=NOON, uptime_s=5, logid=chain.logid, backlog=7, devices=[device], clock={"state": "holdover"}, disk={}
        )
        centre.take([Arrival(topics.health(chain.site, chain.gateway), health)])
        ((state, clock, worst, backlog, contact),) = centre.rows(
            "SELECT state, clock_state, worst_offset_s, backlog, last_contact FROM gateway"
        )
        assert (state, clock, worst, backlog, contact is None) == ("online", "holdover", -3.5, 7, False)
        centre.take([Arrival(topics.status(chain.site, chain.gateway), messages.WILL)])
        assert centre.rows("SELECT state FROM gateway") == ["lost"]

    def test_only_the_log_that_is_written_now_gets_a_watermark(self, centre: Centre, chain: Chain) -> None:
        chain.punches(3)
        new = Chain(epoch="0badcafe").says("log-forked", previous={"logid": chain.logid})
        centre.take([chain.birth()], chain.messages(1, 1), chain.messages(3))
        assert [known.logid for known in centre.take([new.birth()]).logs] == [new.logid]
        assert [known.logid for known in centre.take(chain.messages()).logs] == []
        assert [known.logid for known in centre.take(new.messages()).logs] == [new.logid]
        centre.take(chain.messages(1, 1))
        assert centre.rows("SELECT logid, continued_by FROM log WHERE continued_by IS NOT NULL") == [
            (chain.logid, new.logid)
        ]

    def test_a_log_that_changes_without_news_keeps_when_its_last_came(self, centre: Centre, chain: Chain) -> None:
        chain.punches(2)
        centre.take([chain.birth()], chain.messages())
        before = centre.rows("SELECT last_entry FROM log WHERE logid = ?", chain.logid)
        new = Chain(epoch="0badcafe").says("log-forked", previous={"logid": chain.logid})
        centre.take([new.birth()], new.messages())
        after = centre.rows("SELECT last_entry, continued_by FROM log WHERE logid = ?", chain.logid)
        assert after == [(before[0], new.logid)]

    def test_gaps_of_a_log_that_ended(self, centre: Centre, chain: Chain) -> None:
        chain.punches(5)
        centre.take(chain.messages(1, 2), chain.messages(5))
        new = Chain(epoch="0badcafe").says("log-created", previous={"logid": chain.logid})
        centre.take(new.messages())
        assert centre.gaps() == [(3, 4, "ended")]
        assert centre.rows("SELECT missing FROM gateway") == [0]

    def test_a_cloned_card_is_found_and_named(self, centre: Centre, chain: Chain) -> None:
        chain.punches(8)
        centre.take([chain.birth()], chain.messages())
        clone = chain.copy(5).punches(5, subject="pin:9")
        centre.take([clone.birth()], clone.messages(6))
        assert centre.alarms() == ["chain-broken", "forked"]
        ours = Chain(epoch="0badcafe").says("log-forked", previous={"logid": chain.logid})
        for one in (ours, chain, ours):
            centre.take([one.birth()])
        said = centre.rows("SELECT text FROM alarm WHERE kind = 'cloned'")
        both = f"{ours.logid} and {chain.logid}"
        assert said == [f"kec-pampangan/gw1: two machines write in its name, {both} in turn: its card was cloned"]
        assert centre.take([chain.birth()]).alarms == []

    def test_a_clone_in_another_office(self, centre: Centre, chain: Chain) -> None:
        chain.punches(4)
        clone = Chain("kec-tulung", "gw1", chain.logid.rpartition(".")[2])
        clone.raws = list(chain.raws)
        clone.punch()
        centre.take(chain.messages())
        outcome = centre.take(clone.messages(), [clone.birth()])
        assert [known.place for known in outcome.logs] == [(chain.site, chain.gateway)]
        assert centre.held(chain.logid) == chain.raws
        ((kind, site, said),) = centre.rows("SELECT kind, site, text FROM alarm")
        assert (kind, site) == ("cloned", "kec-tulung")
        assert "kec-tulung/gw1 sends entries of gw1.7f3a9c2e, the log of kec-pampangan/gw1" in said


class TestKeys:
    def test_pinned_at_first_contact_and_never_changed_in_silence(self, centre: Centre, chain: Chain) -> None:
        other = Ed25519PrivateKey.generate()
        centre.take([chain.birth()])
        assert centre.alarms() == []
        centre.take([chain.birth(key=public(other))])
        assert centre.alarms() == ["key-changed"]
        ((first, why), (second, _)) = centre.rows("SELECT public, why FROM signing_key ORDER BY since, trusted DESC")
        assert (first, why, second) == (public(chain.key), "first contact", public(other))
        assert [bool(t) for t in centre.rows("SELECT trusted FROM signing_key ORDER BY since")] == [True, False]
        assert centre.take([chain.birth(key=public(other))]).alarms == []

    def test_rotation_is_believed_when_the_old_key_signed_it(self, centre: Centre, chain: Chain) -> None:
        new = Ed25519PrivateKey.generate()
        centre.take([chain.birth()])
        chain.punch()
        chain.signs().rotates(new)
        chain.punch()
        chain.signs()
        centre.take(chain.messages(), [chain.birth()])
        assert centre.alarms() == []
        assert centre.rows("SELECT why FROM signing_key WHERE public = ?", public(new)) == ["rotation"]

    def test_rotation_by_a_stranger(self, centre: Centre, chain: Chain) -> None:
        thief = Ed25519PrivateKey.generate()
        centre.take([chain.birth()])
        chain.rotates(thief, old=thief)
        centre.take(chain.messages(), [chain.birth()])
        assert centre.alarms() == ["key-changed", "bad-rotation"]

    def test_a_bad_signature(self, centre: Centre, chain: Chain) -> None:
        centre.take([chain.birth()])
        chain.punch()
        chain.signs(signature="00" * 64).signs(hash=GENESIS)
        centre.take(chain.messages())
        assert centre.alarms() == ["bad-signature", "bad-signature"]

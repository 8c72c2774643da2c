"""What is taken out of the rest of the way: device loop, line to the broker, centre, proof."""

from tests.torture.mutation import Mutation

DEVICE = "tests/gateway/test_device.py"
INGESTER = "tests/central/test_ingester.py"
TAKE = "tests/central/test_take.py"
LINE, STORE = "tests/central/test_session.py", "tests/central/test_store.py"
VERIFY = "tests/central/test_verify.py"

GATEWAY = (
    Mutation(
        "what the disk refused is not asked again",
        "gateway/device.py",
        "                self._disk_failed(error)\n            else:\n                return\n",
        "                self._disk_failed(error)\n                return\n            else:\n                return\n",
        (DEVICE,),
    ),
    Mutation(
        "a device is gone on with before its records are on disk",
        "gateway/recorder.py",
        """        while batch.drafts:
            part = batch.drafts[:SLICE]
""",
        """        if batch.cursor is not None:
            self._log.keep_cursor(self.place.device, batch.cursor)
        while batch.drafts:
            part = batch.drafts[:SLICE]
""",
        ("tests/gateway/test_recorder.py", DEVICE),
    ),
    Mutation(
        "the published mark moves when something is sent",
        "gateway/mqtt/window.py",
        "return next(iter(self._new)) - 1 if self._new else self.sent",
        "return self.sent",
        ("tests/mqtt/test_window.py",),
    ),
    Mutation(
        "what was on its way when the line broke is not sent again",
        "gateway/mqtt/window.py",
        "        self.sent = self.settled\n",
        "",
        ("tests/mqtt/test_window.py", "tests/mqtt/test_faults.py"),
    ),
    Mutation(
        "what the centre misses is not sent again",
        "gateway/mqtt/link.py",
        "            self._p.publisher.missing(outcome.resend)",
        "            self._p.publisher.missing(())",
        ("tests/mqtt/test_watermark.py::test_what_is_missing_is_sent_again_once",),
    ),
    Mutation(
        "a watermark that stands still moves nothing",
        "gateway/mqtt/link.py",
        "            self._p.outbox.republish(marks.confirmed)\n",
        "            return\n",
        ("tests/mqtt/test_watermark.py::test_a_centre_that_knows_nothing_and_asks_for_nothing",),
    ),
    Mutation(
        "a watermark that goes back takes the mark not back",
        "gateway/log/watermark.py",
        "published = through if gone_back else max(marks.published, through)",
        "published = max(marks.published, through)",
        ("tests/mqtt/test_watermark.py::test_a_watermark_that_went_back_is_sent_again_from_there",),
    ),
)

CENTRAL = (
    Mutation(
        "acknowledged before the COMMIT",
        "central/ingest/ingester.py",
        "        outcome = self.keeper.take(ours) if ours else Outcome()\n        self.session.ack(self._pending)\n",
        "        self.session.ack(self._pending)\n        outcome = self.keeper.take(ours) if ours else Outcome()\n",
        (f"{INGESTER}::test_nothing_is_acknowledged_before_the_commit",),
    ),
    Mutation(
        "acknowledged although the database refused",
        "central/ingest/ingester.py",
        "            self._cannot(str(error))\n",
        "            self._cannot(str(error))\n"
        "            self.session.ack(self._pending)\n            self._pending = []\n",
        (
            f"{INGESTER}::TestPostgresAlone::test_down_for_a_while_from_the_start",
            f"{INGESTER}::TestPostgresAlone::test_killed_and_recovered",
        ),
    ),
    Mutation(
        "SQLite does not wait for the medium",
        "central/store/sqlite.py",
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=OFF",
        ("tests/central/test_store.py",),
    ),
    Mutation(
        "PostgreSQL does not wait for the medium",
        "central/store/postgres.py",
        "SET synchronous_commit TO on",
        "SET synchronous_commit TO off",
        ("tests/central/test_store.py",),
    ),
    Mutation(
        "the watermark passes what is missing",
        "central/cursor.py",
        "end = self.holes[0][0] - 1 if self.holes else self.highest",
        "end = self.highest",
        ("tests/central/test_cursor.py",),
    ),
    Mutation(
        "other bytes in the same place are a duplicate",
        "central/ingest/take.py",
        "elif digest == one.held.hash:",
        "elif digest:",
        (TAKE,),
    ),
    Mutation(
        "a duplicate is a fork",
        "central/ingest/take.py",
        "elif digest == one.held.hash:",
        "elif not digest:",
        (TAKE,),
    ),
    Mutation(
        "what cannot be parsed disappears",
        "central/ingest/take.py",
        "        self._books.bury(digest,",
        "        (lambda *_: None)(digest,",
        (TAKE,),
    ),
    Mutation(
        "a message that cannot be stored blocks what follows",
        "central/ingest/keeper.py",
        "            reason = str(error)\n",
        "            raise\n",
        (f"{INGESTER}::test_values_that_a_database_refuses_are_buried",),
    ),
    Mutation(
        "a break of the chain raises no alarm",
        "central/ingest/take.py",
        "if before is not None and before != one.held.event.prevhash:",
        "if before is None:",
        (TAKE,),
    ),
    Mutation(
        "verify does not compare the hashes",
        "central/proof/walk.py",
        "if digest is not None and digest.hex() != found.hash:",
        "if digest is None:",
        (VERIFY,),
    ),
    Mutation(
        "verify does not follow the chain",
        "central/proof/walk.py",
        "if self._hash is not None and found.event.prevhash != self._hash:",
        "if self._hash is None and found.event.prevhash != self._hash:",
        (VERIFY,),
    ),
    Mutation(
        "any signature is good",
        "central/signatures.py",
        "    except (InvalidSignature, ValueError):\n        return False\n    return True",
        "    except (InvalidSignature, ValueError):\n        return True\n    return True",
        (VERIFY, TAKE),
    ),
    Mutation(
        "a gateway that stopped signing is fine",
        "central/proof/findings.py",
        "return self.signs and (self.unsigned > UNSIGNED or self.lapses > LAPSES)",
        "return False",
        (VERIFY,),
    ),
    Mutation(
        "a changed key is trusted",
        "central/store/keys.py",
        "if not any(known.values()) and not ring.publics[place] and ring.first_contact:",
        "if ring.first_contact:",
        (TAKE,),
    ),
    Mutation(
        "acknowledged on another connection than it came on",
        "central/ingest/session.py",
        "if each.connection == self.connection and each.mid)",
        "if each.mid)",
        (LINE,),
    ),
    Mutation(
        "what was read ahead is left lying",
        "central/ingest/client.py",
        "while self._at < len(self._ahead) and result == MQTTErrorCode.MQTT_ERR_SUCCESS:",
        "while False:",
        (LINE,),
    ),
    Mutation(
        "a transaction that broke off stays open",
        "central/store/postgres.py",
        "            connection.rollback()",
        "            pass",
        (STORE,),
    ),
)

WHOLE = ("tests/torture/test_chain.py::test_half_a_minute_with_sqlite",)

CHAIN = (
    Mutation(
        "the whole chain: no dedupe",
        "gateway/log/chain.py",
        "if any(fact in batch or fact in seen for fact in known):",
        "if any(fact in batch for fact in known):",
        WHOLE,
    ),
    Mutation(
        "the whole chain: nothing is signed",
        "gateway/app.py",
        "        self._checkpoints.start()  #",
        "        pass  #",
        WHOLE,
    ),
)

"""What is taken out of the way by hand, with a USB stick, and the tests that must notice."""

from tests.torture.mutation import Mutation

RECEIPTS = "tests/carry/test_receipts.py"
IMPORT = "tests/carry/test_import.py"
EXPORT = "tests/carry/test_export.py"
VERIFY = "tests/carry/test_verify_stick.py"

CARRY = (
    Mutation(
        "carried: a receipt's signature is not looked at",
        "gateway/receipt.py",
        "    if not _is_signed(signed):\n",
        "    if False:\n",
        (f"{RECEIPTS}::test_refused", f"{RECEIPTS}::test_any_byte_of_a_right_one_changed_is_refused"),
    ),
    Mutation(
        "carried: anybody may sign a receipt",
        "gateway/receipt.py",
        "    if key and signed.key != key:\n",
        "    if False:\n",
        (f"{RECEIPTS}::test_refused", f"{RECEIPTS}::test_the_key_of_the_configuration_and_no_other"),
    ),
    Mutation(
        "carried: an older receipt takes a confirmation back",
        "gateway/receipts.py",
        "if receipts.confirms(receipt) < before.confirmed and not",
        "if receipts.confirms(receipt) < 0 and not",
        (f"{RECEIPTS}::test_an_older_one_takes_nothing_back",),
    ),
    Mutation(
        "carried: a receipt of another gateway is taken",
        "gateway/receipt.py",
        "    if (receipt.site, receipt.gateway) != place:\n",
        "    if False:\n",
        (f"{RECEIPTS}::test_refused",),
    ),
    Mutation(
        "carried: what nobody signed is taken",
        "central/ingest/carry.py",
        "        if objection:\n",
        "        if False:\n",
        (f"{IMPORT}::test_not_signed", f"{IMPORT}::test_who_alters_it_and_signs_it_himself_is_refused"),
    ),
    Mutation(
        "carried: what the stick does not keep counts as written",
        "gateway/log/stick.py",
        "            if self._disk.fresh(file) != content:\n",
        "            if False:\n",
        (f"{EXPORT}::test_a_stick_that_keeps_nothing",),
    ),
    Mutation(
        "carried: the folder on the stick is not synced",
        "gateway/log/stick.py",
        "            self._disk.sync_folder(target)\n",
        "            self._disk.read_part\n",
        (f"{EXPORT}::test_the_current_fails_at_any_moment",),
    ),
    Mutation(
        "carried: a piece that is there is not held against the log",
        "gateway/log/export.py",
        " or not _holds(part.view, note.last, last)",
        "",
        (f"{EXPORT}::test_a_piece_of_a_log_that_was_restored_is_not_taken_for_ours",),
    ),
    Mutation(
        "carried: any key signs pieces",
        "central/proof/vouched.py",
        "        if public is None or public.hex() != note.key:\n",
        "        public = bytes.fromhex(note.key)\n        if False:\n",
        (f"{IMPORT}::test_who_alters_it_and_signs_it_himself_is_refused",),
    ),
    Mutation(
        "carried: a signature of a piece is not looked at",
        "central/proof/vouched.py",
        "        if not signed(public, bytes.fromhex(note.signature), note.signed_text()):\n",
        "        if False:\n",
        (f"{IMPORT}::test_a_note_that_says_more_than_was_signed",),
    ),
    Mutation(
        "carried: of several keys on a new stick the first is believed",
        "central/proof/vouched.py",
        "            if wanted <= {key.hex() for key in trust.keys.values()}:\n",
        "            if True:\n",
        (f"{IMPORT}::test_who_alters_it_and_signs_it_himself_is_refused",),
    ),
    Mutation(
        "carried: a receipt says what is held, gaps or not",
        "central/receipts.py",
        "through=log.cursor.through,",
        "through=log.newest,",
        (f"{IMPORT}::test_a_piece_that_was_altered_is_refused_and_the_rest_is_taken",),
    ),
    Mutation(
        "carried: a receipt is gone before it was taken",
        "gateway/receipts.py",
        "        raw = receipts.read(file)\n",
        "        raw = receipts.read(file)\n        file.unlink()\n",
        (f"{RECEIPTS}::test_a_full_disk_makes_it_wait",),
    ),
    Mutation(
        "carried: a receipt is gone before the marks are on disk",
        "gateway/receipts.py",
        "        self._log.keep_marks()\n",
        "",
        (f"{RECEIPTS}::test_it_is_on_disk_before_the_receipt_is_gone",),
    ),
    Mutation(
        "carried: another history at the centre is nothing new",
        "gateway/receipt.py",
        "    return found[0].sequence == receipt.through and entry_hash(found[0].raw) != receipt.hash\n",
        "    return False\n",
        (f"{RECEIPTS}::test_another_history_at_the_centre_begins_a_new_log",),
    ),
    Mutation(
        "carried: a manifest may name files elsewhere",
        "central/proof/export_reader.py",
        "        if Path(name).name != name:\n",
        "        if False:\n",
        (f"{VERIFY}::test_what_was_done_to_it_afterwards",),
    ),
    Mutation(
        "carried: a centre that runs does not hear of an import",
        "central/ingest/watermarks.py",
        "            if state is None or state.mark != _mark(log):\n",
        "            if False:\n",
        ("tests/carry/test_refresh.py",),
    ),
)

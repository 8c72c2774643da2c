"""What is taken out of the way by hand, with a USB stick, and the tests that must notice."""

from tests.torture.mutation import Mutation

RECEIPTS = "tests/carry/test_receipts.py"
IMPORT = "tests/carry/test_import.py"
EXPORT = "tests/carry/test_export.py"

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
)

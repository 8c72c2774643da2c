"""A centre that runs while a stick is imported tells its gateways of that, and not of what it remembered."""

from central.config import Partition
from central.ingest.keeper import Keeper
from central.ingest.watermarks import Watermarks
from central.keyring import Keyring
from contract.watermark import parse_ack
from tests.carry.office import Carried, Centre


def test_a_watermark_that_was_remembered_gives_way_to_the_database(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 2500)
    carried.export()
    first, second = carried.pieces()
    centre.bring(first)
    keeper, marks = Keeper(centre.database, Keyring(), Partition()), Watermarks(0.0, 1, 10.0)
    marks.note(keeper.ready() or (), 0.0)
    assert [parse_ack(payload)[1] for _, payload in marks.due(1.0, 10)] == [2000]
    marks.refresh(keeper.current(), 2.0)
    assert marks.due(3.0, 10) == [], "nothing changed"
    centre.bring(second)
    marks.refresh(keeper.current(), 4.0)
    assert [parse_ack(payload)[1] for _, payload in marks.due(5.0, 10)] == [2500]

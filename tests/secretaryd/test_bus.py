"""The bus: order, resume, slow readers."""

import asyncio

from secretaryd.bus import READER_QUEUE, REMEMBERED, Bus
from secretaryd.control.protocol import Dropped, LevelsMeasured, LineChanged, Stamped

LEVELS = LevelsMeasured(call=1, heard=-23.0, said=-100.0)


async def take(reader, count: int) -> list[Stamped]:
    got = []
    async for stamped in reader:
        got.append(stamped)
        if len(got) == count:
            break
    return got


async def test_events_come_in_order_with_ids_one_apart() -> None:
    bus = Bus()
    with bus.reader() as reader:
        for n in range(5):
            bus.publish(LineChanged(state=str(n)))
        got = await asyncio.wait_for(take(reader, 5), 2)
    assert [s.id for s in got] == [1, 2, 3, 4, 5]
    assert [s.event.state for s in got] == ["0", "1", "2", "3", "4"]


async def test_a_reader_resumes_after_the_id_it_names() -> None:
    bus = Bus()
    for n in range(5):
        bus.publish(LineChanged(state=str(n)))
    with bus.reader(after=3) as reader:
        assert [s.id for s in await asyncio.wait_for(take(reader, 2), 2)] == [4, 5]


async def test_a_slow_reader_loses_the_oldest_and_is_told_how_many() -> None:
    bus = Bus()
    with bus.reader() as slow, bus.reader() as quick:
        for n in range(READER_QUEUE + 10):
            bus.publish(LineChanged(state=str(n)))
        got = await asyncio.wait_for(take(slow, READER_QUEUE + 1), 2)
        assert got[0].event == Dropped(count=10)
        assert got[-1].id == READER_QUEUE + 10
        assert quick is not slow


async def test_resuming_after_a_forgotten_id_says_how_many_are_gone() -> None:
    bus = Bus()
    for n in range(REMEMBERED + 5):
        bus.publish(LineChanged(state=str(n)))
    with bus.reader(after=2) as reader:
        (first,) = await asyncio.wait_for(take(reader, 1), 2)
    assert isinstance(first.event, Dropped)
    assert first.event.count == REMEMBERED + 5 - 2 - READER_QUEUE


async def test_a_reader_that_leaves_is_forgotten() -> None:
    bus = Bus()
    with bus.reader():
        assert len(bus._readers) == 1
    assert not bus._readers


async def test_an_id_of_a_life_before_this_one_hides_nothing() -> None:
    bus = Bus()
    for n in range(3):
        bus.publish(LineChanged(state=str(n)))
    with bus.reader(after=500) as reader:
        assert [s.id for s in await asyncio.wait_for(take(reader, 3), 2)] == [1, 2, 3]


async def test_levels_pass_by_those_who_asked_and_are_not_remembered() -> None:
    bus = Bus()
    bus.publish(LineChanged(state="talking"))
    assert not bus.levels_wanted
    with bus.reader() as deaf, bus.reader(levels=True) as looking:
        assert bus.levels_wanted
        bus.pass_by(LEVELS)
        assert [(s.id, s.event) for s in await asyncio.wait_for(take(looking, 1), 2)] == [(1, LEVELS)]
        bus.publish(LineChanged(state="ending"))
        assert [s.event for s in await asyncio.wait_for(take(deaf, 1), 2)] == [LineChanged(state="ending")]
        assert [(s.id, s.event.state) for s in await asyncio.wait_for(take(looking, 1), 2)] == [(2, "ending")]
    assert not bus.levels_wanted
    with bus.reader(after=0, levels=True) as resumed:
        got = await asyncio.wait_for(take(resumed, 2), 2)
    assert [s.event for s in got] == [LineChanged(state="talking"), LineChanged(state="ending")]


async def test_levels_never_push_out_what_must_be_known_and_never_pile_up() -> None:
    bus = Bus()
    with bus.reader(levels=True) as slow:
        for n in range(READER_QUEUE):
            bus.publish(LineChanged(state=str(n)))
            bus.pass_by(LEVELS)
        got = await asyncio.wait_for(take(slow, READER_QUEUE + 1), 2)
    assert [s.id for s in got] == [*range(1, READER_QUEUE + 1), READER_QUEUE]
    assert got[-1].event == LEVELS
    assert got[0].event == LineChanged(state="0")


async def test_an_id_never_goes_back_for_a_reader_of_levels() -> None:
    bus = Bus()
    with bus.reader(levels=True) as slow:
        bus.pass_by(LEVELS)
        bus.publish(LineChanged(state="ending"))
        bus.close()
        assert [s.id async for s in slow] == [1]

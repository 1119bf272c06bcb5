"""The console's line to the box, on a fake door: what it makes of restarts, refusals and lost events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from secretaryd.control.client import ControlError, NotRunning, RequestRefused
from secretaryd.control.protocol import Dropped, LineChanged, Problem, Stamped, Status
from tui.link import BEFORE, Here, Link, Presence
from tui.tree import Tree

Life = list[Stamped] | Exception
"""One connection: its events before it ends, or why there was none."""


class Done(Exception):
    """The script is at its end."""


class Door:
    """Follows a script of lives; asserts that the state is asked for before events are."""

    def __init__(self, *lives: Life, last_id: int = 0) -> None:
        self.lives = list(lives)
        self.last_id = last_id
        self.after: list[int | None] = []
        self.asked = False

    async def ask(self, request: Any) -> Any:
        assert isinstance(request, Status)
        self.asked = True
        if not self.lives:
            raise Done
        if isinstance(self.lives[0], Exception):
            raise self.lives.pop(0)  # type: ignore[misc]
        return {"events": {"last_id": self.last_id}}

    @asynccontextmanager
    async def events(self, after: int | None = None, *, levels: bool = False) -> AsyncIterator[AsyncIterator[Stamped]]:
        assert self.asked
        self.after.append(after)
        life = self.lives.pop(0)
        assert isinstance(life, list)

        async def told() -> AsyncIterator[Stamped]:
            for stamped in life:
                yield stamped

        yield told()


def at(id_: int, event: Any = None) -> Stamped:
    return Stamped(id=id_, at=0.0, event=event or LineChanged(state=str(id_)))


async def followed(door: Door) -> tuple[list[int], list[Presence], list[float]]:
    heard: list[int] = []
    known: list[Presence] = []
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)

    link = Link(door, lambda s: heard.append(s.id), known.append, lambda _: None, sleep)
    with suppress(Done):
        await link.run()
    return heard, known, waited


async def test_after_a_restart_it_goes_on_after_the_last_event_it_had() -> None:
    door = Door([at(501), at(502)], NotRunning("gone"), [at(503)], last_id=500)
    heard, known, _ = await followed(door)
    assert heard == [501, 502, 503]
    assert door.after == [500 - BEFORE, 502]
    assert [p.here for p in known] == [Here.UP, Here.AWAY, Here.AWAY, Here.UP, Here.AWAY]


async def test_a_young_box_is_read_from_its_first_event() -> None:
    door = Door([at(1)], last_id=3)
    await followed(door)
    assert door.after == [0]


async def test_only_what_was_lost_while_it_listened_counts_as_lost() -> None:
    lost = at(4, Dropped(count=9))
    heard, _, _ = await followed(Door([lost, at(5), at(6, Dropped(count=2))], last_id=500))
    assert heard == [5, 6]


async def test_it_waits_longer_each_time_and_begins_anew_once_it_was_there() -> None:
    away = NotRunning("x")
    _, _, waited = await followed(Door(away, away, away, [at(1)], away))
    assert waited[:3] == sorted(set(waited[:3]))
    assert waited[3] == waited[0]


async def test_each_reason_is_told_apart() -> None:
    refused = RequestRefused(Problem(code="refused", text="may\x1bnot"), 403)
    _, known, _ = await followed(Door(refused, NotRunning("no socket"), ControlError("odd")))
    assert known == [
        Presence(Here.REFUSED, "may\ufffdnot"),
        Presence(Here.AWAY, "no socket"),
        Presence(Here.AWAY, "odd"),
    ]


async def test_the_state_can_be_read_by_itself() -> None:
    seen: list[Tree] = []
    await Link(Door([]), print, print, seen.append).look()
    assert seen == [Tree({"events": {"last_id": 0}})]

"""A user's stream: when the past is told, and what is made once for all of his windows."""

import asyncio
from pathlib import Path

import pytest

from secretaryd.control.protocol import LineChanged
from tests.fakes.event_window import listening, window
from tests.fakes.page_box import open_page
from webui import feed as module
from webui.feed import Feed
from webui.together import together


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is to be had by waiting."""
    monkeypatch.setattr(module, "CAUGHT_UP_SECONDS", 600.0)
    monkeypatch.setattr(module, "READY_SECONDS", 600.0)


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_page_waits_for_the_past_and_no_longer(tmp_path: Path, count: int) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        for _ in range(count):
            p.core.tell(LineChanged(state="ringing"))
        async with asyncio.timeout(10):
            assert (await browser.get("/live")).status_code == 200
        assert p.app.state.feeds.of("boris").here.endswith(f".{count}")


async def test_what_is_forgotten_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CAUGHT_UP_SECONDS", 0.0)
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        p.core.newest = 7
        async with asyncio.timeout(10):
            assert (await browser.get("/live")).status_code == 200


async def test_an_event_changes_the_dashboards_of_a_user_by_one_look(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        await browser.get("/")  # the days before are counted once
        async with window(p, browser, "/events") as one, window(p, browser, "/events") as other:
            await listening(p)
            asked = len(p.core.asked)
            p.core.tell(LineChanged(state="ringing"))
            await one.until("put")
            await other.until("put")
            once = len(p.core.asked) - asked
        async with window(p, browser, "/events") as one:
            asked = len(p.core.asked)
            p.core.tell(LineChanged(state="idle"))
            await one.until("put")
            assert len(p.core.asked) - asked == once


async def test_what_fails_is_made_again_by_the_next(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        feed, tries = Feed(p.core, "boris"), []

        async def make() -> int:
            tries.append(1)
            if len(tries) == 1:
                raise OSError
            return len(tries)

        with pytest.raises(OSError):
            await feed.shared("key", make)
        assert [await feed.shared("key", make) for _ in range(3)] == [2, 2, 2]
        for place in range(module.SHARED):
            await feed.shared(place, make)
        assert await feed.shared("key", make) == len(tries), "old ones go"


async def test_questions_are_asked_at_once_and_the_first_refusal_counts() -> None:
    both = asyncio.Barrier(2)

    async def answer(value: int) -> int:
        async with asyncio.timeout(10):
            await both.wait()
        if value < 0:
            raise ValueError(value)
        return value

    assert await together(answer(1), answer(2)) == [1, 2]
    with pytest.raises(ValueError, match="-1"):
        await together(answer(-1), answer(-2))

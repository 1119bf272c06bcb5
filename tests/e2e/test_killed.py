"""Each process killed as it starts, and the page killed in a call: the box comes up whole, and no caller notices."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from secretaryd.control.protocol import CallAnswered, CallEnded
from secretaryd.control.protocol.box import RestartBox
from secretaryd.restarting import SERVICES
from tests.e2e.test_faults import ANSWERED, GREETED, assert_kept_whole, assert_well, quick, script
from tests.fakes.box import POLL_SECONDS, children, is_ready

pytestmark = [pytest.mark.call, pytest.mark.plays]

ROLES = ("speech", "llm", "core", "web")
OTHERS = ("speech", "llm", "web")


async def kill_each_once(supervisor: int) -> None:
    """As soon as it is there: before it has opened anything, or in the midst of it."""
    left = set(ROLES)
    while left:
        for name, pid in children(supervisor).items():
            if name in left:
                os.kill(pid, signal.SIGKILL)
                left.remove(name)
        await asyncio.sleep(POLL_SECONDS)


async def each_killed_at_its_start(folder: Path) -> None:
    killing: list[asyncio.Task[None]] = []
    began = time.monotonic()
    async with quick(folder, started=lambda pid: killing.append(asyncio.create_task(kill_each_once(pid)))) as box:
        assert killing[0].done(), "ready means that all of them were killed and came back"
        print(f"ready {time.monotonic() - began:.1f} s after the start, each process killed once")
        assert all(f"code=-9 process=all program={name}" in box.log for name in ROLES)
        await assert_well(box)


async def page_killed_in_a_call(folder: Path) -> None:
    async with quick(folder) as box:
        before = box.pids()
        ringing = await box.ring(inline=script(GREETED, {"say": "ask_hours"}, ANSWERED))
        await box.event(ringing, CallAnswered)
        box.signal("web", signal.SIGKILL)
        evidence = await box.over(ringing)
        assert [turn["source"] for turn in evidence.turns("secretary")][2:3] == ["faq"]
        assert_kept_whole(evidence)
        async with asyncio.timeout(30):
            while True:
                try:
                    status, _ = await box.page("/health")
                except OSError:
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    break
        assert status == 200
        after = box.pids()
        assert {name for name in ROLES if after[name] != before[name]} == {"web"}


async def all_started_anew_after_a_call(folder: Path) -> None:
    async with quick(folder) as box:
        before = box.pids()
        ringing = await box.ring(inline=script(GREETED, {"say": "ask_hours"}, ANSWERED))
        await box.event(ringing, CallAnswered)
        asked = await box.control.ask(RestartBox())
        assert (asked["asked"], asked["call"]) == (list(SERVICES), True)
        await box.event(ringing, CallEnded)
        async with asyncio.timeout(60):
            while any(box.pids().get(name) in (None, before[name]) for name in OTHERS):  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)
        await box.until(lambda status: is_ready(status) and status["box"]["uptime_seconds"] < 30, seconds=60)
        assert_kept_whole(await box.over(ringing))
        await assert_well(box)
        assert box.pids()["core"] == before["core"], "it is the same process, with another program in it"


PLAYS = {
    "all of it started anew by request: after the call, which is kept whole": all_started_anew_after_a_call,
    "each process killed at its start: the box is ready all the same": each_killed_at_its_start,
    "the page killed in a call: the caller notices nothing": page_killed_in_a_call,
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS.keys())
def test_the_box_stands(stage: Any, play: Any) -> None:
    """What happened is asserted by the play; here it is waited for."""
    stage.result(play)

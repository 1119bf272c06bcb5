"""Memory runs out in a call: the kernel kills what matters least, the call goes on, and all of it comes back."""

import asyncio
import re
import subprocess
import time
from pathlib import Path

import pytest

from secretaryd.control.protocol import CallAnswered, PhraseHeard
from tests.e2e.test_faults import ANSWERED, GREETED, assert_kept_whole, assert_well, quick, script
from tests.fakes.box import Box, is_ready
from tests.fakes.little_memory import LittleMemory, little_memory

pytestmark = [pytest.mark.call, pytest.mark.plays]

BITE_MB = 8
ROOM_MB = 20.0
BACK_SECONDS = 60.0
READY = {"llm": "model loaded", "web": "page ready", "speech": "speech ready"}


def killed(box: Box) -> list[str]:
    """Who was killed, in order; the supervisor tells."""
    return re.findall(r" ended .* code=-9 .*program=(\w+)", box.log)


def chosen(pids: dict[str, int]) -> list[str]:
    """Which of these the kernel killed, in its own order: what it frees it frees a little later, so that the
    supervisor may hear of two at once."""
    log = subprocess.run(["dmesg"], capture_output=True, text=True, check=True).stdout
    names = {pid: name for name, pid in pids.items()}
    found = [int(pid) for pid in re.findall(r"out of memory: Killed process (\d+)", log)]
    return [names[pid] for pid in found if pid in names]


def is_dead(pid: int) -> bool:
    """Whether a process is no more, whoever knows of it yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


async def eaten_until(group: LittleMemory, box: Box, last: str) -> None:
    """Bites, one by one, until that one is dead: not until the supervisor has told of it, which a busy machine may do
    a bite too late for the next one."""
    pid = box.pids()[last]
    async with asyncio.timeout(120):
        while not is_dead(pid):
            await asyncio.to_thread(group.eat, BITE_MB)
            await asyncio.sleep(0.1)  # the kernel is given its time, and has no event of ours
        while last not in killed(box):  # noqa: ASYNC110 (another process has no event of ours)
            await asyncio.sleep(0.05)


def whole(box: Box) -> bool:
    """Whether each that was killed has said since then that it is ready: the core's own word is some seconds old."""
    log = box.log
    ended = {
        name: place.end() for place in re.finditer(r" ended .* code=-9 .*program=(\w+)", log) for name in place.groups()
    }
    return all(log.rfind(READY[name]) > at for name, at in ended.items())


async def back(box: Box, group: LittleMemory) -> float:
    """Seconds from the moment that there is memory again to a box that is whole."""
    began = time.monotonic()
    await asyncio.to_thread(group.give_back)
    async with asyncio.timeout(BACK_SECONDS):
        while not whole(box):  # noqa: ASYNC110 (another process has no event of ours)
            await asyncio.sleep(0.05)
    await box.until(is_ready, seconds=BACK_SECONDS)
    return time.monotonic() - began


async def test_the_model_is_given_up_first_and_the_caller_is_answered_all_the_same(tmp_path: Path) -> None:
    with little_memory() as group:
        async with quick(tmp_path / "box", started=group.take) as box:
            pids = box.pids()
            ringing = await box.ring(
                inline=script(GREETED, {"say": "ask_how_long"}, ANSWERED, {"say": "ask_hours"}, ANSWERED)
            )
            await box.event(ringing, CallAnswered)
            group.limit(group.used_mb + ROOM_MB)
            await eaten_until(group, box, "llm")
            evidence = await box.over(ringing)
            answers = [(turn["source"], turn["detail"].split()[0]) for turn in evidence.turns("secretary")]
            assert ("fact", "term") in answers, answers
            assert ("faq", "hours") in answers, answers
            assert_kept_whole(evidence)
            assert chosen(pids)[0] == "llm"
            assert set(killed(box)) <= {"llm", "web"}
            assert {name: box.pids()[name] for name in ("core", "speech")} == {
                name: pids[name] for name in ("core", "speech")
            }
            seconds = await back(box, group)
            print(f"the model was killed {len(killed(box))} times, and is back {seconds:.1f} s after there is memory")
            await assert_well(box)


async def test_the_core_outlives_all_others_and_takes_the_call_to_its_end(tmp_path: Path) -> None:
    with little_memory() as group:
        async with quick(tmp_path / "box", started=group.take) as box:
            pids = box.pids()
            ringing = await box.ring(
                inline=script(GREETED, {"say": "ask_hours"}, ANSWERED, {"say": "ask_address"}, ANSWERED)
            )
            await box.event(ringing, PhraseHeard)
            group.limit(group.used_mb + ROOM_MB)
            await eaten_until(group, box, "speech")
            evidence = await box.over(ringing)
            assert chosen(pids) == ["llm", "web", "speech"]
            assert box.pids()["core"] == pids["core"]
            said = [(turn["source"], turn["detail"], turn["text"]) for turn in evidence.turns("secretary")]
            assert said[-1][2], said
            assert_kept_whole(evidence)
            seconds = await back(box, group)
            print(f"killed in turn: {killed(box)}; the caller heard {said}; all is back {seconds:.1f} s after")
            await assert_well(box)

"""The supervisor on real child processes."""

import asyncio
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from secretaryd.restarting import REQUEST
from secretaryd.run import all as everything
from secretaryd.run.all import NICE, SACRIFICE
from secretaryd.supervise import CannotStart, Program, Supervisor, back_off

NOTE = """
import os, signal, sys, time
path, name = sys.argv[1:3]
def note(word):
    with open(path, "a") as file:
        file.write(f"{name} {word}\\n")
def end(*_):
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("up")
while True:
    signal.pause()
"""


def child(name: str, notes: Path) -> Program:
    return Program(name, (sys.executable, "-c", NOTE, str(notes), name))


async def until(notes: Path, *lines: str) -> list[str]:
    async with asyncio.timeout(10):
        while True:
            got = notes.read_text().split("\n")[:-1] if notes.exists() else []
            if all(got.count(line) >= lines.count(line) for line in lines):
                return got
            await asyncio.sleep(0.01)


async def test_children_are_stopped_in_reverse_and_none_is_left(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    supervisor = Supervisor([child("first", notes), child("second", notes)], os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "first up", "second up")
    pids = [process.pid for process in supervisor.running.values()]
    stop.set()
    await asyncio.wait_for(running, 10)
    assert notes.read_text().split("\n")[-3:-1] == ["second ended", "first ended"]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    supervisor = Supervisor([child("only", notes)], os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "only up")
    supervisor.running["only"].send_signal(signal.SIGKILL)
    await until(notes, "only up", "only up")
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_a_child_that_is_wanted_anew_ends_by_itself_and_starts_at_once(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    supervisor = Supervisor([child("first", notes), child("second", notes)], os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "first up", "second up")
    kept = supervisor.running["first"].pid
    await supervisor.restart("second")
    await until(notes, "second up", "second ended", "second up")
    await supervisor.restart("nobody")
    assert supervisor.running["first"].pid == kept
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_what_the_core_leaves_word_of_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everything, "LOOK_SECONDS", 0.0)
    request, done = tmp_path / REQUEST, asyncio.Queue[str]()
    request.write_text("secretary-web\n")  # of a life before

    class Children:
        async def restart(self, name: str) -> None:
            await done.put(name)

    looking = asyncio.create_task(everything.look(request, Children()))  # type: ignore[arg-type]
    try:
        await asyncio.sleep(0)
        assert not request.exists()
        for text in ("sshd\n", "secretary-speech\nsecretary-llm\n"):
            request.with_suffix(".new").write_text(text)
            request.with_suffix(".new").replace(request)
            async with asyncio.timeout(5):
                while request.exists():  # noqa: ASYNC110 (taken by the task)
                    await asyncio.sleep(0)
        assert [await done.get(), await done.get()] == ["speech", "llm"]
        assert done.empty()
    finally:
        looking.cancel()
        await asyncio.wait({looking})


async def test_an_essential_child_that_cannot_start_ends_all_with_its_code(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    programs = [child("other", notes), Program("core", (sys.executable, "-c", "raise SystemExit(3)"), essential=True)]
    with pytest.raises(CannotStart) as caught:
        await asyncio.wait_for(Supervisor(programs, os.environ).run(asyncio.Event()), 10)
    assert caught.value.code == 3


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.2), (2, 1.0), (6, 30.0), (600, 30.0)])
def test_waits_grow_to_a_limit_and_never_end(failures: int, seconds: float) -> None:
    assert back_off(failures) == seconds


ORPHAN = """
import asyncio, os, sys
from secretaryd.supervise import Program, Supervisor
child = Program("child", (sys.executable, "-c", sys.argv[1], sys.argv[2], "child"))
asyncio.run(Supervisor([child], os.environ).run(asyncio.Event()))
"""


async def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", ORPHAN, NOTE, str(notes))
    await until(notes, "child up")
    supervisor.kill()
    await supervisor.wait()
    assert await until(notes, "child ended") == ["child up", "child ended"]


async def test_a_signal_to_the_supervisors_group_does_not_reach_the_children(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    supervisor = Supervisor([child("only", notes)], os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "only up")
    pid = supervisor.running["only"].pid
    assert os.getpgid(pid) == pid != os.getpgid(0)
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_what_matters_least_is_given_up_first(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    programs = [replace(child("model", notes), sacrifice=900), child("core", notes)]
    supervisor = Supervisor(programs, os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "model up", "core up")
    own = Path("/proc/self/oom_score_adj").read_text()
    score = {name: Path(f"/proc/{one.pid}/oom_score_adj").read_text() for name, one in supervisor.running.items()}
    assert score == {"model": "900\n", "core": own}
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_each_has_its_share_of_the_processor(tmp_path: Path) -> None:
    notes, stop = tmp_path / "notes", asyncio.Event()
    supervisor = Supervisor([replace(child("model", notes), nice=1), child("core", notes)], os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "model up", "core up")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    nice = {name: os.getpriority(os.PRIO_PROCESS, one.pid) for name, one in supervisor.running.items()}
    assert nice == {"model": min(own + 1, 19), "core": own}
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_a_user_who_may_not_go_first_runs_it_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "nice", refused)  # the child forks from here
    notes, stop = tmp_path / "notes", asyncio.Event()
    supervisor = Supervisor([replace(child("core", notes), nice=-10)], os.environ)
    running = asyncio.create_task(supervisor.run(stop))
    await until(notes, "core up")
    stop.set()
    await asyncio.wait_for(running, 10)


def of_units(key: str) -> dict[str, int]:
    units = {"speech": "secretary-speech", "llm": "secretary-llm", "core": "secretaryd", "web": "secretary-web"}
    folder = Path(__file__).parents[2] / "etc" / "systemd"
    return {
        role: int(re.search(rf"^{key}=(-?\d+)$", (folder / f"{unit}.service").read_text(), re.MULTILINE)[1])  # type: ignore[index]
        for role, unit in units.items()
    }


def test_the_shares_are_those_of_the_units() -> None:
    assert of_units("Nice") == NICE


def test_the_order_of_sacrifice_is_that_of_the_units() -> None:
    scores = of_units("OOMScoreAdjust")
    assert sorted(scores, key=scores.__getitem__) == sorted(SACRIFICE, key=SACRIFICE.__getitem__)
    assert {role: SACRIFICE[role] for role in ("speech", "llm", "web")} == {
        role: scores[role] for role in ("speech", "llm", "web")
    }

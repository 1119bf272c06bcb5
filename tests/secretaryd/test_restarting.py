"""Which services lag behind the settings, and their new start once nobody calls."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from secretaryd import restarting
from secretaryd.config.edit import known_keys, restarts
from secretaryd.config.schema import Config
from secretaryd.restarting import REQUEST, SERVICES, Lagging, Restarter

BASE = Config()
NEW_PAGE = replace(BASE, web=replace(BASE.web, listen="127.0.0.1:9000"))
NEW_VOICE = replace(BASE, tts=replace(BASE.tts, voice="another"))


def test_only_services_that_read_what_was_changed_wait() -> None:
    lagging = Lagging(BASE)
    assert lagging.waiting(BASE) == ()
    assert lagging.waiting(NEW_PAGE) == ("secretary-web",)
    assert lagging.waiting(NEW_VOICE) == ("secretaryd", "secretary-speech")
    assert lagging.waiting(replace(BASE, call=replace(BASE.call, max_seconds=60))) == (), "in force from the next call"
    lagging.began(("secretary-speech",), NEW_VOICE)
    assert lagging.waiting(NEW_VOICE) == ("secretaryd",)
    assert lagging.waiting(BASE) == ("secretary-speech",), "back, and the one that has it lags"


def test_every_key_s_services_are_known() -> None:
    assert {unit for key in known_keys() for unit in restarts(key)} == set(SERVICES)


class Scene:
    def __init__(self, folder: Path) -> None:
        self.config, self.request, self.begun = BASE, folder / REQUEST, asyncio.Event()
        self.quiet, self.waited = asyncio.Event(), asyncio.Event()
        self.restarter = Restarter(lambda: self.config, self.idle, self.begun.set, folder)

    async def idle(self) -> None:
        self.waited.set()
        await self.quiet.wait()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarting, "TOLD_SECONDS", 0.0)


async def test_a_call_is_waited_for_and_wishes_are_joined(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.config = NEW_VOICE
    task = asyncio.create_task(scene.restarter.run())
    try:
        scene.restarter.ask(scene.restarter.waiting)
        await scene.waited.wait()
        scene.restarter.ask(["secretary-web"])
        assert scene.restarter.asked == ("secretaryd", "secretary-speech", "secretary-web")
        assert not scene.request.exists()
        assert not scene.begun.is_set()
        scene.quiet.set()
        await scene.begun.wait()
        assert scene.request.read_text() == "secretary-speech\nsecretary-web\n"
        assert scene.restarter.asked == ()
        assert scene.restarter.waiting == ("secretaryd",), "it ends, and comes again with a fresh head"
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_the_core_goes_on_where_only_others_start_anew(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.config = NEW_PAGE
    scene.quiet.set()
    task = asyncio.create_task(scene.restarter.run())
    try:
        scene.restarter.ask(["secretary-web"])
        async with asyncio.timeout(5):
            while not scene.request.exists():  # noqa: ASYNC110 (written by the task)
                await asyncio.sleep(0)
        assert scene.restarter.waiting == ()
        assert not scene.begun.is_set()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_what_cannot_be_written_is_no_end_of_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "nowhere")
    scene.quiet.set()
    task = asyncio.create_task(scene.restarter.run())
    try:
        scene.restarter.ask(SERVICES)
        async with asyncio.timeout(5):
            while scene.restarter.asked:  # noqa: ASYNC110 (emptied by the task)
                await asyncio.sleep(0)
        assert not task.done()
        assert not scene.begun.is_set(), "all or none"
    finally:
        task.cancel()
        await asyncio.wait({task})

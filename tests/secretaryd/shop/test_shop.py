"""Jobs with models: the process that does them, the core that watches it, the requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from secretaryd.bus import Bus
from secretaryd.config.schema import Box, Config, Tts
from secretaryd.control.protocol.models import (
    ImportModels,
    InstallModels,
    ListModels,
    ModelsChanged,
    RemoveModel,
    ShowModelsJob,
    StopModels,
    UseModel,
    VerifyModels,
)
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.desk import Desk
from secretaryd.desk.models import ModelsDesk
from secretaryd.shop import child, keeper
from secretaryd.shop.keeper import Shop
from secretaryd.shop.order import ORDER, STATE, STOP, Order, State, put, read_order, read_state
from storage.audit.records import AuditFilter
from storage.store import Storage
from tests.fakes.model_files import PIPER, PLENTY, VOSK, piper_files, vosk_files, vosk_zip, write
from tests.fakes.model_server import ModelServer, model_server
from voice.models.download import Downloader
from voice.models.install import Installer
from voice.models.store import Store

CONSOLE, ANNA = Peer(0), Peer(1, "anna")


class Scene:
    def __init__(self, folder: Path, storage: Storage) -> None:
        self.folder, self.storage, self.bus = folder, storage, Bus()
        self.run_folder = folder / "run"
        self.run_folder.mkdir()
        self.shop = Shop(folder / "models", self.run_folder, self.bus, storage.audit, spawn=True)
        config = Config(box=Box(data_dir=folder), tts=Tts(voice="in-use"))
        self.set: list[tuple[str, Any]] = []

        async def set_config(request: Any, peer: Peer) -> Any:
            self.set.append((request.key, request.value))
            return {"key": request.key}

        self.desk = Desk([ModelsDesk(self.shop, lambda: config, set_config, storage.audit, "ru").handlers()], "ru")

    async def ask(self, request: Any, peer: Peer = CONSOLE) -> Any:
        return await self.desk(request, peer)

    async def refused(self, request: Any, peer: Peer = CONSOLE) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.desk(request, peer)
        return caught.value.problem.code, caught.value.status

    async def over(self) -> dict[str, Any]:
        with self.bus.reader(0) as reader:
            async for stamped in reader:
                if isinstance(stamped.event, ModelsChanged) and stamped.event.state != "running":
                    break
        job = (await self.ask(ShowModelsJob()))["job"]
        assert isinstance(job, dict)
        return job


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    s = Scene(folder, storage)
    running = asyncio.create_task(s.shop.run())
    try:
        yield s
    finally:
        running.cancel()
        await asyncio.wait({running})
        await storage.close()


async def test_a_stick_is_copied_by_a_process_of_its_own_and_then_checked_used_and_removed(tmp_path: Path) -> None:
    stick = write(tmp_path / "stick" / VOSK, vosk_files()).parent
    async with scene(tmp_path) as s:
        begun = (await s.ask(ImportModels(source=str(stick))))["job"]
        assert (begun["state"], begun["do"]) == ("running", "import")
        assert await s.refused(VerifyModels()) == ("busy", 409)
        job = await s.over()
        assert (job["state"], job["result"]) == ("done", {"installed": [VOSK]})
        assert not (s.run_folder / ORDER).exists()
        (row,) = [row for row in (await s.ask(ListModels()))["models"] if row["installed"]]
        assert row["name"] == VOSK
        assert await s.ask(UseModel(name=VOSK)) == {"key": "stt.model"}
        assert s.set == [("stt.model", VOSK)]
        s.bus.forget()
        (tmp_path / "models" / VOSK / "conf" / "model.conf").write_text("--min-active=900\n")
        await s.ask(VerifyModels(names=(VOSK,)))
        job = await s.over()
        assert job["state"] == "done"
        assert "conf/model.conf" in job["result"]["faults"][VOSK][0]
        assert await s.ask(RemoveModel(name=VOSK)) == {"removed": VOSK}
        told = await s.storage.audit.list(AuditFilter(kind="models"))
        assert [entry.what for entry in told] == ["models.removed", "models.installed"]


REFUSED = [
    (InstallModels(names=()), CONSOLE, "none", 400),
    (InstallModels(names=("nobody",)), CONSOLE, "unknown", 404),
    (InstallModels(names=("../x",)), CONSOLE, "unknown", 404),
    (ImportModels(source="/etc"), ANNA, "source", 400),
    (ImportModels(source="/media/../etc"), ANNA, "source", 400),
    (ImportModels(source="\0"), CONSOLE, "source", 400),
    (VerifyModels(names=("../..",)), CONSOLE, "model", 404),
    (UseModel(name=VOSK), CONSOLE, "model", 404),
    (RemoveModel(name="../.."), CONSOLE, "model", 404),
]


@pytest.mark.parametrize(("request_", "peer", "code", "status"), REFUSED)
async def test_what_cannot_be_done_is_refused(
    tmp_path: Path, request_: Any, peer: Peer, code: str, status: int
) -> None:
    async with scene(tmp_path) as s:
        assert await s.refused(request_, peer) == (code, status)
        assert await s.ask(StopModels()) == {"stopped": False}


async def test_a_model_in_use_stays(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        write(tmp_path / "stick" / "in-use", piper_files("in-use"))
        await s.ask(ImportModels(source=str(tmp_path / "stick" / "in-use")))
        assert (await s.over())["result"] == {"installed": ["in-use"]}
        assert await s.refused(RemoveModel(name="in-use")) == ("model", 409)


async def test_a_process_that_does_not_come_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(keeper, "LOOK_SECONDS", 0.01)
    async with scene(tmp_path) as s:
        s.shop._spawn = False  # as under systemd, where the unit is off
        await s.ask(VerifyModels())
        job = await s.over()
        assert (job["state"], "secretary-models" in job["problem"]) == ("failed", True)


async def test_a_stop_ends_the_process_whatever_it_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LOOK_SECONDS", 0.05)
    async with scene(tmp_path) as s:
        await s.ask(InstallModels(names=(PIPER,), force=True))  # no publisher answers here: it tries again and again
        with s.bus.reader(0) as reader:  # the second word comes from the process
            running = aiter(reader)
            assert [(await anext(running)).event.state for _ in range(2)] == ["running", "running"]
        assert await s.ask(StopModels()) == {"stopped": True}
        assert (await s.over())["state"] in ("stopped", "failed")


def order(folder: Path, **more: Any) -> Order:
    return Order(id="1", do=more.pop("do", "install"), models=str(folder), **more)


def installer(folder: Path, server: ModelServer) -> Installer:
    return Installer(
        Store(folder),
        mirrors=server.mirrors,
        downloader=Downloader(sleep=lambda _: None, read_seconds=0.3),
        free_memory=lambda: PLENTY,
        free_disk=lambda _: PLENTY,
    )


def test_the_process_installs_and_leaves_word(tmp_path: Path) -> None:
    with model_server() as server:
        server.publish_vosk(VOSK, vosk_zip())
        state = child.do(order(tmp_path / "models", names=(VOSK,)), installer(tmp_path / "models", server))
    assert state == read_state(tmp_path / "models" / STATE)
    assert (state.state, state.result) == ("done", {"installed": [VOSK]})


def test_what_went_wrong_is_left_as_words(tmp_path: Path) -> None:
    with model_server() as server:
        state = child.do(order(tmp_path / "models", names=(VOSK,)), installer(tmp_path / "models", server))
    assert (state.state, bool(state.reason)) == ("failed", True)
    assert child.do(order(tmp_path, do="dance")).state == "failed"


def test_the_word_to_stop_is_obeyed_and_taken_away(tmp_path: Path) -> None:
    (tmp_path / STOP).touch()
    left: list[int] = []
    child.end_on_word(order(tmp_path), left.append)
    assert left == [0]
    assert read_state(tmp_path / STATE) == State(id="1", state="stopped")
    assert not (tmp_path / STOP).exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1}', b"\xff"])
def test_an_order_that_is_none_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / ORDER).write_bytes(body)
    with pytest.raises(ValueError, match=ORDER):
        read_order(tmp_path / ORDER)
    assert read_state(tmp_path / ORDER) is None


def test_an_order_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / f"{ORDER}.new").symlink_to(tmp_path / "else")
    with pytest.raises(OSError, match=ORDER):
        put(tmp_path / ORDER, order(tmp_path))

"""The doctor from within the box, the report of a fault, and the logs."""

import base64
import io
import logging
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secretaryd import recent
from secretaryd.config.schema import Box, Config
from secretaryd.control.protocol.care import Examine, MakeReport, TailLogs
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk import care as module
from secretaryd.desk.care import CareDesk
from secretaryd.desk.desk import Desk
from secretaryd.recent import Recent
from storage.audit.records import AuditFilter
from storage.store import Storage
from tests.fakes.status_tree import WELL

ANNA = Peer(1, "anna")


STATUS = WELL | {
    "modem": WELL["modem"] | {"reason": "", "detail": "", "registered": True, "timeouts": 0},
    "llm": WELL["llm"] | {"nodes": []},
}


class Health:
    async def status(self) -> dict[str, Any]:
        return STATUS


class Scene:
    def __init__(self, folder: Path, storage: Storage) -> None:
        self.storage, self.lines, self.folder = storage, Recent(), folder
        config = Config(box=Box(data_dir=folder, company="Ромашка"))
        desk = CareDesk(Health(), storage, storage.audit, lambda: config, None, self.lines, "ru")
        self.desk = Desk([desk.handlers()], "ru")

    async def ask(self, request: Any) -> Any:
        return msgspec.json.decode(msgspec.json.encode(await self.desk(request, ANNA)))

    async def refused(self, request: Any) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.desk(request, ANNA)
        return caught.value.problem.code, caught.value.status

    def log(self, text: str, level: int = logging.INFO, **fields: object) -> None:
        record = logging.LogRecord("secretaryd.x", level, __file__, 1, text, (), None)
        record.__dict__.update(fields)
        self.lines.handle(record)


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    try:
        yield Scene(folder, storage)
    finally:
        await storage.close()


async def test_the_checks_are_told_in_the_readers_language(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        every = await s.ask(Examine(language="en"))
        assert len(every["checks"]) > 50
        (english,) = (await s.ask(Examine(names=("data.folder",), language="en")))["checks"]
        (russian,) = (await s.ask(Examine(names=("data.folder",))))["checks"]
        assert english["title"] != russian["title"]
        assert await s.refused(Examine(names=("nothing",))) == ("not_found", 404)


async def test_what_can_be_mended_is_mended_and_written_down(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        tmp_path.chmod(0o755)
        before = await s.ask(Examine(names=("data.folder",)))
        assert (before["ok"], before["checks"][0]["fixable"]) == (False, True)
        after = await s.ask(Examine(names=("data.folder",), fix=True))
        assert after["ok"]
        assert after["checks"][0]["done"]
        assert tmp_path.stat().st_mode & 0o777 == 0o700
        (entry,) = await s.storage.audit.list(AuditFilter(kind="box"))
        assert (entry.who, entry.what) == ("anna", "box.mended")


async def test_the_report_is_a_packed_folder_without_names(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        told = await s.ask(MakeReport())
        raw = base64.b64decode(told["content"])
        assert len(raw) == told["bytes"]
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            names = archive.getnames()
            texts = [file.read().decode() for name in names if (file := archive.extractfile(name))]
        assert {name.removeprefix("secretary-diag/") for name in names} == set(told["files"])
        assert "doctor.json" in told["files"]
        assert not any("Ромашка" in text for text in texts)


async def test_the_newest_lines_of_the_core_come_oldest_first_from_a_cursor_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.log("раз", call=7)
        s.log("звонил +79161234567", logging.WARNING)
        first = await s.ask(TailLogs())
        assert [line["text"] for line in first["lines"]] == ["раз", "звонил +7916•••4567"]
        assert first["lines"][0]["fields"] == {"call": "7"}
        s.log("три")
        assert [line["text"] for line in (await s.ask(TailLogs(after=first["cursor"])))["lines"]] == ["три"]
        assert [line["level"] for line in (await s.ask(TailLogs(level="warning")))["lines"]] == ["warning"]
        assert [line["text"] for line in (await s.ask(TailLogs(limit=1)))["lines"]] == ["три"]


async def test_who_comes_back_to_a_core_that_began_anew_is_told_all_of_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        for number in range(5):
            s.log(f"before {number}")
        mark = (await s.ask(TailLogs()))["cursor"]
        again = Recent()
        s.lines._lines, s.lines._numbers, s.lines._life = again._lines, again._numbers, again._life
        s.log("after")
        assert [line["text"] for line in (await s.ask(TailLogs(after=mark)))["lines"]] == ["after"]


async def test_following_the_log_writes_no_lines_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with scene(tmp_path) as s:
        with caplog.at_level(logging.INFO):
            await s.ask(TailLogs())
            assert not [one for one in caplog.records if one.name == "secretaryd.desk.desk"]
            await s.ask(Examine(names=("data.folder",)))
            assert [one for one in caplog.records if one.name == "secretaryd.desk.desk"]


REFUSED = [
    (TailLogs(process="sshd"), "process", 400),
    (TailLogs(level="loud"), "level", 400),
    (TailLogs(after="--output=x"), "cursor", 400),
    (TailLogs(process="web", after="--output=x"), "cursor", 400),
]


@pytest.mark.parametrize(("request_", "code", "status"), REFUSED)
async def test_logs_that_are_none_are_refused(tmp_path: Path, request_: Any, code: str, status: int) -> None:
    async with scene(tmp_path) as s:
        assert await s.refused(request_) == (code, status)


ENTRY = {"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": "1500000", "PRIORITY": "4", "MESSAGE": "ой", "LOGGER": "x"}


async def test_the_others_come_from_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def journal(*command: str) -> str | None:
        asked.append(command)
        return "\n".join([msgspec.json.encode(ENTRY).decode(), "-- no json --", '{"MESSAGE": null}'])

    async with scene(tmp_path) as s:
        monkeypatch.setattr(module, "run_command", journal)
        told = await s.ask(TailLogs(process="web", after="s=0", level="warning"))
        assert told == {
            "lines": [{"at": 1.5, "level": "warning", "logger": "x", "text": "ой", "fields": {}}],
            "cursor": "s=1",
        }
        assert "secretary-web" in asked[0]
        assert "--after-cursor=s=0" in asked[0]
        monkeypatch.setattr(module, "run_command", lambda *_: None)
        assert await s.refused(TailLogs(process="web")) == ("no_journal", 503)


def test_only_the_newest_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Recent()
    for number in range(recent.KEPT + 5):
        lines.handle(logging.LogRecord("x", logging.INFO, "", 1, str(number), (), None))
    assert len(lines.lines("info", 10**6)) == recent.KEPT

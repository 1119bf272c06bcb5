"""Backups: the list, a new one, taken elsewhere, read whole before anything is gone back to, the owner's key."""

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import ShowConfig
from secretaryd.control.protocol.backup import (
    BackupChanged,
    CreateBackup,
    ListBackups,
    MakeBackupKey,
    ReadBackup,
    RemoveBackup,
    RestoreBackup,
    ShowBackupJob,
    VerifyBackup,
)
from tests.fakes.event_window import listening, window
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.backup_view import job, kept
from webui.errors import NotDone

TEXTS = i18n.load()
NAME = "secretary-20261126-003000-nightly.tar.gz.age"
ARCHIVE = {
    "name": NAME,
    "path": f"/x/{NAME}",
    "bytes": 5_000_000,
    "made": 1.7e9,
    "kind": "nightly",
    "about": {"recordings": 2},
    "trouble": "",
}
RESULT = {
    "created": 1.7e9,
    "box_version": "1.2",
    "recordings": 2,
    "entries": ["secretary.db", "settings.toml"],
    "bytes": 9_000_000,
    "models": ["irina"],
    "secrets": ["sim_pin"],
}
READ: dict[str, Any] = {
    "id": 1,
    "do": "verify",
    "who": "анна",
    "name": NAME,
    "state": "done",
    "step": "unpack",
    "part": 1.0,
    "result": RESULT,
    "problem": {},
}
CONFIG = {"backup": {"nightly": True, "at": "03:30", "recordings": False, "keep_daily": 7, "keep_weekly": 4}}


def stored(p: Page, work: Any = None, **more: Any) -> None:
    p.core.answers[ListBackups] = lambda _: {
        "folder": "/x",
        "backups": [ARCHIVE],
        "owner_key": True,
        "job": work,
        **more,
    }
    p.core.answers[ShowBackupJob] = lambda _: {"job": work}
    p.core.answers[ShowConfig] = lambda _: {"config": CONFIG}


def begun(p: Page) -> None:
    for kind in (CreateBackup, VerifyBackup, RestoreBackup, RemoveBackup):
        p.core.answers[kind] = lambda _: {"job": READ}


async def test_archives_the_schedule_and_the_missing_key_are_shown(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stored(p, owner_key=False)
        shown = (await (await p.browser("анна")).get("/backup")).text
        assert NAME in shown
        assert "5 МБ · 2 записи" in shown
        assert "У вас ещё нет ключа от копий" in shown
        assert 'value="03:30"' in shown


async def test_a_backup_is_begun_and_its_progress_told(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stored(p)
        begun(p)
        browser = await p.browser("анна")
        await browser.post("/backup/create", csrf=await p.csrf(browser), recordings="1")
        assert p.asked(CreateBackup) == [CreateBackup(recordings=True)]
        stored(p, READ | {"do": "create", "state": "running", "part": 0.4, "step": "copy"})
        assert '<meta http-equiv="refresh"' in (await browser.get("/backup")).text
        async with window(p, browser, "/backup/events") as w:
            await listening(p, "анна")
            p.core.tell(BackupChanged(do="create", state="running", part=0.4))
            (put,) = (await w.until("put"))["data"]
            assert 'value="40"' in put["html"]
            stored(p, READ)
            p.core.tell(BackupChanged(do="create", state="done"))
            assert [one["to"] for one in (await w.until("put"))["data"]] == ["job", "archives"]


async def test_nothing_is_gone_back_to_that_was_not_read_whole_just_before(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        begun(p)
        browser = await p.browser("анна")
        csrf = await p.csrf(browser)
        other = READ | {"name": "secretary-20261125-003000-nightly.tar.gz.age"}
        for last in (None, other, READ | {"state": "failed"}, READ | {"do": "create"}):
            stored(p, last)
            await browser.post(f"/backup/{NAME}/restore", csrf=csrf)
            assert p.asked(RestoreBackup) == []
        assert p.asked(VerifyBackup)[-1] == VerifyBackup(name=NAME)
        stored(p, READ)
        assert "В коробке пока ничего не изменено" in (await browser.get("/backup")).text
        await browser.post(f"/backup/{NAME}/restore", csrf=csrf, key="AGE-SECRET-KEY-1X")
        assert p.asked(RestoreBackup) == [RestoreBackup(name=NAME, key="AGE-SECRET-KEY-1X")]


async def test_an_archive_of_another_card_asks_for_the_owner_s_key(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stored(
            p,
            READ
            | {
                "state": "failed",
                "result": {},
                "problem": {"code": "wrong_key", "text": "Ключ не подходит.", "remedy": ""},
            },
        )
        begun(p)
        browser = await p.browser("анна")
        assert 'name="key"' in (await browser.get("/backup")).text
        await browser.post(f"/backup/{NAME}/verify", csrf=await p.csrf(browser), key="AGE-SECRET-KEY-1X")
        assert p.asked(VerifyBackup) == [VerifyBackup(name=NAME, key="AGE-SECRET-KEY-1X")]


async def test_an_archive_is_downloaded_piece_by_piece(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        whole = bytes(range(256)) * 5

        def piece(request: ReadBackup) -> Any:
            part = whole[request.offset : request.offset + 500]
            return {
                "name": NAME,
                "size": len(whole),
                "offset": request.offset,
                "content": base64.b64encode(part).decode(),
            }

        p.core.answers[ReadBackup] = piece
        answer = await (await p.browser("анна")).get(f"/backup/{NAME}/file")
        assert answer.content == whole
        assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}"'
        assert [one.offset for one in p.asked(ReadBackup)] == [0, 500, 1000]


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%22;x", ".ssh", "a%0d%0ab"])
async def test_what_is_no_name_of_an_archive_reaches_nobody(tmp_path: Path, name: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("анна")
        assert (await browser.get(f"/backup/{name}/file")).status_code == 404
        assert (await browser.post(f"/backup/{name}/remove", csrf=await p.csrf(browser))).status_code == 404
        assert p.asked(ReadBackup, RemoveBackup) == []


async def test_the_key_is_shown_once_and_replaced_only_when_asked_for(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stored(p)

        def made(request: MakeBackupKey) -> Any:
            if not request.replace:
                raise NotDone("Ключ владельца уже есть.", 409, "kit_there", "")
            return {"secret": "AGE-SECRET-KEY-1Y", "public": "age1y"}

        p.core.answers[MakeBackupKey] = made
        browser = await p.browser("анна")
        refused = await browser.post("/backup/key", csrf=await p.csrf(browser))
        assert refused.status_code == 409
        assert "Ключ владельца уже есть." in refused.text
        shown = await browser.post("/backup/key", csrf=await p.csrf(browser), replace="1")
        assert "AGE-SECRET-KEY-1Y" in shown.text
        assert shown.headers["cache-control"] == "no-store"
        assert "AGE-SECRET-KEY-1Y" not in (await browser.get("/backup")).text


async def test_a_folder_that_is_not_there_leaves_the_page_usable(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stored(p)

        def gone(_: Any) -> Any:
            raise NotDone("Флешки нет.", 409, "backup", "")

        p.core.answers[ListBackups] = gone
        answer = await (await p.browser("анна")).get("/backup")
        assert answer.status_code == 200
        assert "Флешки нет." in answer.text


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["folder", "backups", "owner_key", "job"]),
        junk | st.lists(st.dictionaries(st.sampled_from([*ARCHIVE]), junk), max_size=3),
    ),
    st.dictionaries(
        st.sampled_from([*READ]),
        junk | st.sampled_from(["verify", "done", NAME]) | st.dictionaries(st.sampled_from([*RESULT]), junk),
    ),
)
def test_whatever_another_version_tells_makes_a_page(found: Any, work: Any) -> None:
    for say in TEXTS.values():
        kept(found, say)
        job(work, say)

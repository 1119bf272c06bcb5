"""Contacts, messages, personas, settings, doctor, logs over the API: what is asked of the core, what comes back."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from secretaryd.control.protocol import HandleMessage, ListMessages, ShowConfig
from secretaryd.control.protocol.care import Examine, MakeReport, TailLogs
from secretaryd.control.protocol.contacts import (
    AddContact,
    BlockNumber,
    ContactCard,
    EditContact,
    ExportContacts,
    ListContacts,
    RemoveContact,
    ShowContact,
    TakeContactsFile,
)
from secretaryd.control.protocol.content import (
    ListChanges,
    ListPersonas,
    SaveFact,
    SetConfig,
    SetPersona,
    ShowPersona,
    Undo,
    UnsetConfig,
)
from tests.fakes.page_box import Browser, Page, open_page
from webui.errors import NotDone

CONTACT = {"id": 3, "name": "Павел", "numbers": ["+79161234567"], "group": "vip", "note": "", "rule": "",
           "created": 1.7e9, "changed": 1.7e9}  # fmt: skip
PERSONA = {"id": "gulya", "own": True, "name": "Гуля", "company": "Ромашка", "style": "", "greeting": "Здравствуйте!",
           "facts": [{"topic": "hours", "label": "часы", "value": "с 9", "say": "", "keywords": [], "ask": ""}],
           "text": "[ru]", "version": "1"}  # fmt: skip
CHANGE = {
    "number": 5,
    "at": 1.7e9,
    "who": "анна",
    "what": "config.set",
    "target": "call.record",
    "file": "settings.toml",
}
CHECK = {"name": "disk", "level": "ok", "title": "Диск", "detail": "", "cause": "", "remedy": "", "fixable": False,
         "done": []}  # fmt: skip


def full(p: Page) -> None:
    def show(asked: ShowContact) -> Any:
        if asked.id != 3:
            raise NotDone("Такого контакта нет: 4.", 404, "not_found", "secretaryctl contacts list")
        return {"contact": CONTACT, "calls": []}

    p.core.answers |= {
        ListContacts: lambda asked: {"contacts": [CONTACT, CONTACT | {"id": 4, "name": "Пётр"}][: asked.limit]},
        ShowContact: show,
        AddContact: lambda _: {"contact": CONTACT},
        EditContact: lambda _: {"contact": CONTACT},
        RemoveContact: lambda _: {"contact": CONTACT},
        BlockNumber: lambda _: {"contact": CONTACT | {"group": "blocked"}},
        ExportContacts: lambda asked: {"name": f"contacts.{asked.form}", "content": "name\r\n"},
        TakeContactsFile: lambda _: {"added": 1, "changed": 0, "same": 0, "conflicts": 0, "unreadable": 0},
        ListPersonas: lambda _: {"ready": ["gulya"], "own": True, "active": "gulya"},
        ShowPersona: lambda _: PERSONA,
        SetPersona: lambda _: {"name": "Гуля"},
        SaveFact: lambda asked: {"saved": asked.topic},
        ShowConfig: lambda _: {"config": {"call": {"record": True, "max_seconds": 600}, "llm": {"node": []}}},
        SetConfig: lambda asked: {"key": asked.key, "value": asked.value, "restart": [], "hidden_by": ""},
        UnsetConfig: lambda asked: {"key": asked.key, "value": 600, "restart": ["secretaryd"], "hidden_by": ""},
        ListChanges: lambda _: {"changes": [CHANGE]},
        Undo: lambda _: {"undone": CHANGE},
        Examine: lambda _: {"ok": True, "checks": [CHECK]},
        MakeReport: lambda _: {"name": "x.tar.gz", "bytes": 2, "files": [], "content": "H4s="},
        TailLogs: lambda _: {"lines": [{"at": 1.7e9, "level": "info", "logger": "x", "text": "y", "fields": {"n": 1}}],
                             "cursor": "17"},
    }  # fmt: skip


class Asker:
    """A program with a session's token, which reads English."""

    def __init__(self, browser: Browser, csrf: str) -> None:
        self._http = browser.http
        self._headers = {"x-csrf-token": csrf, "sec-fetch-site": "same-origin", "accept-language": "en"}

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        more = {"json": body} if isinstance(body, dict) else {"content": body} if body is not None else {}
        return await self._http.request(method, f"/admin{path}", headers={**self._headers, **headers}, **more)


async def asker(p: Page, role: str = "admin") -> Asker:
    full(p)
    browser = await p.browser("анна", role)
    return Asker(browser, await p.csrf(browser))


CHANGES: list[tuple[str, str, Any, int, Any]] = [
    ("POST", "/contacts", {"name": "Павел", "numbers": ["8 916 123-45-67"]}, 201,
     AddContact(card=ContactCard(name="Павел", numbers=("8 916 123-45-67",)))),
    ("PATCH", "/contacts/3", {"note": "зять"}, 200, EditContact(id=3, note="зять")),
    ("DELETE", "/contacts/3", None, 204, RemoveContact(id=3)),
    ("POST", "/contacts/block", {"number": "+79161234567", "rule": "goodbye"}, 200,
     BlockNumber(number="+79161234567", rule="goodbye")),
    ("PATCH", "/messages/3", {"handled": True}, 200, HandleMessage(id=3, handled=True)),
    ("PATCH", "/personas/active", {"name": "Аня"}, 200, SetPersona(name="Аня")),
    ("PUT", "/personas/active/facts/hours", {"value": "с 10"}, 200, SaveFact(topic="hours", value="с 10")),
    ("PUT", "/settings/call.max_seconds", {"value": 300}, 200, SetConfig(key="call.max_seconds", value=300)),
    ("DELETE", "/settings/call.max_seconds", None, 200, UnsetConfig(key="call.max_seconds")),
    ("POST", "/changes/undo", None, 200, Undo()),
    ("POST", "/doctor", {"names": ["disk"], "fix": True}, 200, Examine(names=("disk",), fix=True)),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "asked"), CHANGES, ids=[one[1] for one in CHANGES])
async def test_what_is_changed_is_asked_of_the_core_in_the_users_name(
    tmp_path: Path, method: str, path: str, body: Any, status: int, asked: Any
) -> None:
    async with open_page(tmp_path) as p:
        ask = await asker(p)
        answer = await ask(method, path, body)
        assert answer.status_code == status, answer.text
        assert (asked, "анна") in p.core.asked


READ = ["/contacts", "/contacts/3", "/messages", "/personas", "/personas/active", "/settings", "/settings/call.record",
        "/changes", "/auth/me", "/auth/keys"]  # fmt: skip


@pytest.mark.parametrize("path", READ)
async def test_what_is_read_has_an_etag_and_is_not_sent_twice(tmp_path: Path, path: str) -> None:
    async with open_page(tmp_path) as p:
        ask = await asker(p)
        answer = await ask("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["api-version"] == "1"
        if not path.startswith("/auth"):
            again = await ask("GET", path, **{"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


async def test_lists_go_on_by_a_cursor(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        ask = await asker(p)
        first = (await ask("GET", "/contacts?limit=1&group=vip")).json()
        assert [one["name"] for one in first["items"]] == ["Павел"]
        await ask("GET", f"/contacts?limit=1&cursor={first['next']}")
        logs = (await ask("GET", "/logs?level=warning")).json()
        await ask("GET", f"/logs?cursor={logs['next']}")
        await ask("GET", "/messages?handled=false&limit=1")
        asked = [one for one, _ in p.core.asked]
        assert asked[-5:] == [
            ListContacts(group="vip", limit=2),
            ListContacts(limit=2, after="Павел"),
            TailLogs(level="warning"),
            TailLogs(after="17"),
            ListMessages(limit=2, handled=False),
        ]


async def test_files_go_out_and_come_in(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        ask = await asker(p)
        vcard = await ask("GET", "/contacts/export?format=vcard")
        assert vcard.headers["content-type"].startswith("text/vcard")
        assert 'filename="contacts.vcard"' in vcard.headers["content-disposition"]
        report = await ask("POST", "/doctor/report")
        assert (report.content[:2], report.headers["content-type"]) == (b"\x1f\x8b", "application/gzip")
        taken = await ask("POST", "/contacts/import", "name\r\nПавел".encode(), **{"content-type": "text/csv"})
        assert taken.json()["added"] == 1


async def test_a_refusal_is_a_problem_with_what_to_do(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        ask = await asker(p)
        answer = await ask("GET", "/contacts/4")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["remedy"] == "secretaryctl contacts list"
        assert (await ask("GET", "/settings/no.such")).status_code == 404
        assert (await ask("POST", "/contacts", {"name": ""})).status_code == 422
        assert (await ask("GET", "/logs?process=kernel")).status_code == 422
        assert (await ask("GET", "/logs?cursor=x")).status_code == 422
        assert (await ask("PUT", "/personas/active/facts/" + "a" * 256, {"value": "x"})).status_code == 404


@pytest.mark.parametrize(("role", "path"), [("operator", "/settings"), ("editor", "/contacts"), ("viewer", "/messages"),
                                            ("operator", "/logs")])  # fmt: skip
async def test_who_may_not_does_not(tmp_path: Path, role: str, path: str) -> None:
    async with open_page(tmp_path) as p:
        ask = await asker(p, role)
        assert (await ask("GET", path)).status_code == 403

"""Logs: a part and a level of them, lines as they come, nothing in them but text."""

import asyncio
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol.care import TailLogs
from tests.fakes.event_window import window
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.errors import NotDone
from webui.logs import MAX_WINDOWS
from webui.logs_view import lines

TEXTS = i18n.load()
HOSTILE = "</li><script>alert(1)</script>\x1b[31m"
LINE = {"at": 1.7e9, "level": "info", "logger": "secretaryd.call", "text": "ready", "fields": {"socket": "/run/x"}}


def told(p: Page, *answers: list[dict[str, Any]]) -> list[TailLogs]:
    """Those lines first, then the next, then nothing new."""
    asked: list[TailLogs] = []

    def answer(request: TailLogs) -> Any:
        found = answers[len(asked)] if len(asked) < len(answers) else []
        asked.append(request)
        return {"lines": found, "cursor": f"ab.{len(asked)}" if found else request.after}

    p.core.answers[TailLogs] = answer
    return asked


async def test_a_part_and_a_level_are_chosen(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        asked = told(p, [LINE], [LINE])
        browser = await p.browser("анна")
        shown = (await browser.get("/logs")).text
        assert "socket=/run/x" in shown
        assert 'data-after="ab.1"' in shown
        await browser.get("/logs?process=web&level=error")
        await browser.get("/logs?process=../x&level=loud")
        assert [(one.process, one.level) for one in asked] == [("core", "info"), ("web", "error"), ("core", "info")]


async def test_what_a_line_holds_stays_text(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        bad = LINE | {"text": HOSTILE, "level": HOSTILE, "logger": HOSTILE, "fields": {HOSTILE: HOSTILE}}
        told(p, [bad], [bad])
        browser = await p.browser("анна")
        shown = (await browser.get("/logs")).text
        assert "alert(1)" in shown
        assert "<script>alert" not in shown
        async with window(p, browser, "/logs/events?process=core&level=info&after=ab.1") as w:
            (put,) = (await w.until("put"))["data"]
        assert "<script>alert" not in put["html"]


async def test_new_lines_come_by_themselves_from_where_the_window_was(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        asked = told(p, [], [LINE | {"text": "call answered"}])
        browser = await p.browser("анна")
        async with window(p, browser, "/logs/events?process=speech&level=warning&after=ab.7") as w:
            fields = await w.until("put")
        assert (fields["data"][0]["to"], fields["data"][0]["how"]) == ("lines", "append")
        assert "call answered" in fields["data"][0]["html"]
        assert fields["id"] == "ab.2"
        assert [(one.process, one.level, one.after) for one in asked] == [("speech", "warning", "ab.7")] * 2
        again = told(p, [LINE])
        async with window(p, browser, "/logs/events?process=core&level=info&after=ab.7", mark="ab.9") as w:
            await w.until("put")
        assert again[0].after == "ab.9", "a window that comes back goes on where it was"


async def test_the_end_of_the_session_ends_the_lines(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        told(p, [LINE])
        browser = await p.browser("анна")
        async with window(p, browser, "/logs/events?process=core&level=info") as w:
            await w.until("put")
            await p.store.end(user="анна")
            await w.until("bye")


async def test_only_so_many_windows_follow_and_only_of_who_manages(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        told(p)
        browser = await p.browser("анна")
        other = await p.browser("boris", "operator")
        assert (await other.get("/logs")).status_code == 403
        assert (await other.get("/logs/events")).status_code == 403
        async with asyncio.TaskGroup() as group, asyncio.timeout(20):
            done = asyncio.Event()

            async def follow(ready: asyncio.Event) -> None:
                async with window(p, browser, "/logs/events"):
                    ready.set()
                    await done.wait()

            readies = [asyncio.Event() for _ in range(MAX_WINDOWS)]
            for ready in readies:
                group.create_task(follow(ready))
            for ready in readies:
                await ready.wait()
            assert (await browser.get("/logs/events")).status_code == 429
            done.set()


async def test_a_machine_without_a_journal_says_so_and_shows_the_rest(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:

        def none(_: Any) -> Any:
            raise NotDone("Журнал этой машины не читается.", 503, "no_journal")

        p.core.answers[TailLogs] = none
        answer = await (await p.browser("анна")).get("/logs?process=llm")
        assert answer.status_code == 200
        assert "Журнал этой машины не читается." in answer.text
        assert "/logs?process=core" in answer.text


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.just("lines"), junk | st.lists(st.dictionaries(st.sampled_from([*LINE]), junk), max_size=3)))
def test_whatever_another_version_tells_makes_a_page(found: Any) -> None:
    for say in TEXTS.values():
        lines(found, say)

"""The health page: checks with cause and remedy, facts that change while one looks, one file for a report."""

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import RungTaken
from secretaryd.control.protocol.care import Examine, MakeReport
from tests.fakes.event_window import listening, window
from tests.fakes.page_box import Page, open_page
from tests.fakes.status_tree import WELL
from webui import i18n
from webui.doctor_view import RUNGS, examined, facts, mending

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>"
MODEM = {
    "rungs": {"reset": 2},
    "troubles": ["no_port"],
    "recoveries": [{"fault": "silent", "rung": "reset", "seconds": 21.0, "tries": 1}],
}


def check(name: str, level: str, **more: Any) -> dict[str, Any]:
    usual = {"title": f"T {name}", "detail": "", "cause": "", "remedy": "", "fixable": False, "done": []}
    return {"name": name, "level": level, **usual, **more}


def with_checks(p: Page, *checks: dict[str, Any]) -> list[Examine]:
    asked: list[Examine] = []

    def answer(request: Examine) -> Any:
        asked.append(request)
        return {"ok": False, "checks": list(checks)}

    p.core.answers[Examine] = answer
    return asked


async def test_the_page_comes_before_the_checks_and_shows_them_without_a_script_too(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        asked = with_checks(p, check("modem.answers", "error", cause="Модем молчит.", remedy="Проверьте кабель."))
        browser = await p.browser("анна")
        first = (await browser.get("/doctor")).text
        assert asked == []
        assert 'hx-get="/doctor/checks"' in first
        assert "<noscript>" in first
        for path in ("/doctor/checks", "/doctor?look=1"):
            shown = (await browser.get(path)).text
            assert "Модем молчит." in shown
            assert "Проверьте кабель." in shown
        assert {one.language for one in asked} == {"ru"}


async def test_what_can_be_mended_safely_is_mended_by_one_click(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        with_checks(p, check("data.private", "warning", fixable=True))
        browser = await p.browser("анна")
        assert 'action="/doctor/mend"' in (await browser.get("/doctor/checks")).text
        asked = with_checks(p, check("data.private", "ok", done=["chmod 0700 /data"]))
        told = await browser.post("/doctor/mend", csrf=await p.csrf(browser), name="data.private")
        assert told.headers["location"] == "/doctor?look=1"
        assert [(one.names, one.fix) for one in asked] == [(("data.private",), True)]
        assert "Исправлено: chmod 0700 /data" in (await browser.get("/doctor")).text


async def test_what_could_not_be_mended_is_said(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        with_checks(p, check("unit.core", "error", fixable=True, done=["failed: no right to"]))
        browser = await p.browser("анна")
        await browser.post("/doctor/mend", csrf=await p.csrf(browser), name="unit.core")
        assert "Исправилось не всё: failed: no right to" in (await browser.get("/doctor")).text


async def test_a_name_that_is_no_check_mends_nothing(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        asked = with_checks(p)
        browser = await p.browser("анна")
        for name in ("", "../etc", "A;rm"):
            await browser.post("/doctor/mend", csrf=await p.csrf(browser), name=name)
        assert asked == []


async def test_the_report_is_a_file_and_only_a_post_makes_it(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        made = {
            "name": "secretary-diag-1.tar.gz",
            "bytes": 3,
            "files": [],
            "content": base64.b64encode(b"\x1f\x8bx").decode(),
        }
        p.core.answers[MakeReport] = lambda _: made
        browser = await p.browser("анна")
        assert (await browser.get("/doctor/report")).status_code == 405
        answer = await browser.post("/doctor/report", csrf=await p.csrf(browser))
        assert answer.content == b"\x1f\x8bx"
        assert answer.headers["content-disposition"] == 'attachment; filename="secretary-diag-1.tar.gz"'


async def test_what_the_doctor_found_stays_text(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        with_checks(
            p, check(HOSTILE, "error", title=HOSTILE, detail=HOSTILE, cause=HOSTILE, remedy=HOSTILE, done=[HOSTILE])
        )
        browser = await p.browser("анна")
        shown = (await browser.get("/doctor/checks")).text
        assert "alert(1)" in shown
        assert "<script>alert" not in shown


async def test_a_rung_that_is_taken_appears_on_the_open_page(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("анна")
        await browser.get("/doctor")
        status: dict[str, Any] = {**WELL, "modem": {**WELL["modem"], **MODEM}}

        async def now() -> dict[str, Any]:
            return status

        p.core.status = now  # type: ignore[method-assign]
        async with window(p, browser, "/doctor/events") as w:
            await listening(p, "анна")
            p.core.tell(RungTaken(fault="silent", rung="reset", wait=2.0, failure=1))
            (put,) = (await w.until("put"))["data"]
        assert put["to"] == "facts"
        assert "Перезапустить модем" in put["html"]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_rung_and_level_has_its_words(language: str) -> None:
    say = i18n.load()[language]
    shown = mending({"modem": {"rungs": dict.fromkeys(RUNGS, 1), "troubles": ["no_port"]}}, say)
    assert [count for _, _, count in shown.rungs] == [1] * len(RUNGS)
    assert shown.troubles[0] != "no_port"


def test_every_fault_and_rung_of_the_ladder_is_known_to_the_page() -> None:
    from hw.modem.recovery import Fault, Rung

    for say in TEXTS.values():
        assert all(say.known(f"doctor.fault.{fault}") for fault in Fault)
        assert {str(rung) for rung in Rung} == set(RUNGS)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PARTS = (
    "rungs",
    "troubles",
    "recoveries",
    "up",
    "signal_dbm",
    "operator",
    "sim",
    "state",
    "rate",
    "temperature_c",
    "cpu_percent",
    "memory_bytes",
    "memory_free_bytes",
    "set",
    "free_bytes",
    "uptime_seconds",
)


@given(
    st.dictionaries(
        st.sampled_from(["modem", "sound", "machine", "storage", "box", "clock"]),
        junk | st.dictionaries(st.sampled_from(PARTS), junk),
    ),
    st.dictionaries(
        st.sampled_from(["checks"]),
        junk
        | st.lists(st.dictionaries(st.sampled_from(["name", "level", "title", "done", "fixable"]), junk), max_size=3),
    ),
)
def test_whatever_another_version_tells_makes_a_page(status: Any, answer: Any) -> None:
    for say in TEXTS.values():
        facts(status, say)
        mending(status, say)
        examined(answer)

"""Server-sent events: what changes on the page, coming back, being slow, the end of a session; the live call."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import (
    CallAnswered,
    CallEnded,
    CallRang,
    Dropped,
    HangUp,
    LevelsMeasured,
    LineChanged,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    Stamped,
    TurnSaid,
)
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow
from tests.fakes.event_window import SOON, listening, window
from tests.fakes.page_box import open_page
from webui import feed as feeds
from webui import i18n
from webui.live_call import MAX_LINES, LiveCall
from webui.live_view import changes, head, shown

HOSTILE = "<img src=x onerror=alert(1)>"
RANG = CallRang(call=8, number="+79161234567", presentation="presented", name="Павел")
RU = i18n.load()["ru"]


async def test_what_is_said_appears_word_by_word(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser) as w:
            await listening(p)
            p.core.tell(RANG)
            rang = (await w.until("put"))["data"]
            assert [put["to"] for put in rang][-1] == "live-head"
            assert "Павел" in rang[-1]["html"]
            p.core.tell(PartialHeard(call=8, text="какой " + HOSTILE))
            (partial,) = (await w.until("put"))["data"]
            assert (partial["to"], partial["how"]) == ("live-partial", "inner")
            assert "какой &lt;img" in partial["html"]
            assert "<img" not in partial["html"]
            p.core.tell(PhraseHeard(call=8, text="какой график", confidence=0.9, start=1.0, end=2.0))
            heard = (await w.until("put"))["data"]
            assert [(put["to"], put["how"]) for put in heard] == [("live-partial", "inner"), ("live-talk", "append")]
            p.core.tell(SayingStarted(call=8, text="С девяти.", source="faq", detail="hours 1.00"))
            saying = (await w.until("put"))["data"]
            assert "готовый ответ" in saying[0]["html"]
            p.core.tell(TurnSaid(call=8, text="С девяти.", source="faq", latency={"endpoint": 300.0, "total": 500.0}))
            said = (await w.until("put"))["data"]
            assert "0,50" in said[-1]["html"]
            assert "конец фразы" in said[-1]["html"], "where the time went"


async def test_levels_pass_by_without_a_mark(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser) as w:
            await listening(p)
            p.core.tell(RANG)
            p.core.pass_by(LevelsMeasured(call=8, heard=-30.0, said=-100.0))
            told = await w.until("levels")
            assert told["data"] == {"heard": 50, "said": 0}
            assert "id" not in told


async def test_a_window_that_comes_back_is_told_what_it_missed(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser) as w:
            await listening(p)
            p.core.tell(RANG)
            mark = (await w.until("put"))["id"]
        p.core.tell(CallAnswered(call=8))
        p.core.tell(PhraseHeard(call=8, text="алло", confidence=0.9, start=1.0, end=2.0))
        async with window(p, browser, mark=mark) as w:
            assert (await w.until("put"))["data"][-1]["to"] == "live-head"
            assert "алло" in (await w.until("put"))["data"][-1]["html"]
        assert p.core.asked_after == [0], "one stream for both"
        async with window(p, browser, mark="elsewhen.3") as w:
            assert await w.until("lost")


async def test_the_core_may_start_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "RETRY_SECONDS", (0.0,))
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser) as w:
            await listening(p)
            p.core.tell(RANG)
            mark = (await w.until("put"))["id"]
            p.core.told.clear()
            p.core.end()
            async with asyncio.timeout(SOON):
                while len(p.core.asked_after) < 2:  # noqa: ASYNC110 (as above)
                    await asyncio.sleep(0)
            assert p.core.asked_after == [0, 1]
            p.core.tell(LineChanged(state="idle"))
            told = await w.until("put")
            assert told["id"].split(".")[0] != mark.split(".")[0], "numbers of another life"
            assert "Сейчас никто не звонит" in told["data"][-1]["html"]


async def test_a_window_that_does_not_keep_up_is_told_and_let_go(tmp_path: Path) -> None:
    watcher = feeds.Watcher()
    for number in range(feeds.QUEUE + 5):
        watcher.offer(Stamped(id=number, at=0.0, event=LineChanged(state="idle")))
    assert watcher.behind
    assert not watcher.events, "what it will never be told takes no memory"
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser) as w:
            await listening(p)
            (slow,) = p.app.state.feeds.of("boris").watchers
            slow.behind = True
            slow.wake.set()
            assert await w.until("lost")
            assert await w.next() is None


@pytest.mark.parametrize("how", ["sign out", "idle", "disabled"])
async def test_the_stream_ends_within_a_second_of_its_session(tmp_path: Path, how: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        async with window(p, browser) as w:
            await listening(p)
            async with asyncio.timeout(1.5):
                if how == "sign out":
                    await p.gate.sign_out(browser.token)
                elif how == "idle":
                    p.clock.now += 31 * 60
                else:
                    p.core.roles["boris"] = "viewer"
                    p.core.end()
                assert await w.until("bye")
                assert await w.next() is None
        assert csrf


@pytest.mark.parametrize("role", ["viewer", "editor"])
@pytest.mark.parametrize("path", ["/live", "/live/events", "/events"])
async def test_who_may_not_read_calls_hears_nothing(tmp_path: Path, role: str, path: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("vera", role)
        assert (await browser.get(path)).status_code == 403
        home = (await browser.get("/")).text
        assert "data-live" not in home
        assert "+7916" not in home
        assert p.core.asked_after == []


async def test_the_page_shows_what_was_said_before_it_was_opened(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        assert "Сейчас никто не звонит" in (await browser.get("/live")).text
        for event in (
            RANG,
            CallAnswered(call=8),
            PhraseHeard(call=8, text=HOSTILE, confidence=0.9, start=1.0, end=2.0),
        ):
            p.core.tell(event)
        await asyncio.sleep(0)
        shown_page = (await browser.get("/live")).text
        assert "Павел" in shown_page
        assert "&lt;img" in shown_page
        assert "<img" not in shown_page
        assert 'data-live="/live/events?after=' in shown_page


async def test_one_steps_into_the_call_and_is_told_when_there_is_none(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        assert (await browser.post("/live/say", csrf=csrf, text="привет")).status_code == 409
        quietly = await browser.post("/live/hangup", {"hx-request": "true"}, csrf=csrf)
        assert json.loads(quietly.headers["hx-trigger"]) == {"toast": {"text": "Сейчас нет звонка."}}
        p.core.in_call = True
        assert (await browser.post("/live/say", csrf=csrf, text=" привет ")).headers["location"] == "/live"
        assert (await browser.post("/live/say", {"hx-request": "true"}, csrf=csrf, text=" ")).status_code == 204
        await browser.post("/live/message", csrf=csrf)
        await browser.post("/live/hangup", csrf=csrf)
        asked = p.asked(SayNow, TakeMessageNow, HangUp)
        assert asked[-3:] == [SayNow(text="привет"), TakeMessageNow(), HangUp()]
        viewer = await p.browser("vera", "viewer")
        for path in ("/live/say", "/live/message", "/live/hangup"):
            assert (await viewer.post(path, csrf=await p.csrf(viewer))).status_code == 403


async def test_the_dashboard_is_told_when_the_day_changes(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        home = (await browser.get("/")).text
        for words in ("+79161234567", "Павел", "ремонт", "Звонки за неделю"):
            assert words in home
        async with window(p, browser, "/events") as w:
            await listening(p)
            p.core.tell(PartialHeard(call=8, text="не для этой страницы"))
            p.core.counts["missed"] = 17
            p.core.tell(LineChanged(state="idle"))
            (day,) = (await w.until("put"))["data"]
            assert day["to"] == "day"
            assert ">17</a>" in day["html"]


def test_a_call_ends_and_the_next_one_begins_with_nothing_of_it() -> None:
    call = LiveCall()
    events = [
        RANG, CallAnswered(call=8), PhraseHeard(call=8, text="да", confidence=1.0, start=0.0, end=1.0),
        SayingStarted(call=8, text="Здравствуйте.", source="flow"), Dropped(count=3),
        MessageTaken(call=8, name="Павел", number="+7", matter="ремонт"),
        CallEnded(call=8, outcome="message", cause="caller", summary="", seconds=61.0),
    ]  # fmt: skip
    for number, event in enumerate(events):
        call.take(Stamped(id=number, at=1000.0 + number, event=event))
    assert [line.who for line in call.lines] == ["caller", "secretary", "lost", "message"]
    over = head(call, RU)
    assert (over.going, over.state, over.detail) == (False, "Разговор окончен", "сообщение · 1 мин 1 с")
    assert shown(call.lines[0], call, RU).at == "0:01"
    next_one = Stamped(id=9, at=2000.0, event=CallRang(call=9, number=None, presentation="withheld"))
    call.take(next_one)
    assert [change.begins for change in changes(next_one, call)] == [True]
    assert head(call, RU).who == "номер скрыт"
    again = Stamped(id=10, at=2001.0, event=CallRang(call=9, number="+7916", presentation="presented"))
    call.take(again)
    assert [change.begins for change in changes(again, call)] == [False], "its number became known"
    assert call.lines == []


def test_a_long_call_takes_bounded_memory() -> None:
    call = LiveCall()
    for number in range(MAX_LINES + 50):
        call.take(Stamped(id=number, at=0.0, event=PhraseHeard(call=1, text="а" * 9000, confidence=1, start=0, end=1)))
    assert len(call.lines) == MAX_LINES
    assert max(len(line.text) for line in call.lines) == 2000


words = st.text(max_size=30)
spoken_events = st.one_of(
    st.builds(PartialHeard, call=st.integers(1, 3), text=words),
    st.builds(
        PhraseHeard, call=st.integers(1, 3), text=words, confidence=st.just(1.0), start=st.just(0.0), end=st.just(1.0)
    ),
    st.builds(SayingStarted, call=st.integers(1, 3), text=words, source=words),
    st.builds(TurnSaid, call=st.integers(1, 3), text=words, source=words),
    st.builds(CallRang, call=st.integers(1, 3), number=st.none() | words, presentation=words),
    st.builds(CallEnded, call=st.integers(1, 3), outcome=words, cause=words, summary=words, seconds=st.floats(0, 1e4)),
    st.builds(LineChanged, state=words),
)


@given(st.lists(spoken_events, max_size=20))
def test_whatever_comes_in_whatever_order_can_be_shown(events: list[Any]) -> None:
    call = LiveCall()
    for number, event in enumerate(events):
        stamped = Stamped(id=number, at=float(number), event=event)
        call.take(stamped)
        assert all(change.line is not None or change.what == "head" for change in changes(stamped, call))
        head(call, RU)
        assert all(not line.open for line in call.lines[:-1] if line.who != "secretary")

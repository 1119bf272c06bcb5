"""The pages of messages, and how a kept call is told in short."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import MessageTaken
from secretaryd.control.protocol.calls import MessageChanged
from tests.fakes.event_window import listening, window
from tests.fakes.page_box import open_page
from webui import i18n
from webui.kept_view import kept_call, left_message, spoken

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
LATENCY = {"endpoint": 300.0, "stt": 50.0, "first_sentence": 100.0, "first_audio": 40.0, "queue": 10.0, "total": 500.0}
TURN = {
    "who": "secretary", "text": "С девяти до шести.", "start": 65.0, "end": 67.0, "source": "faq",
    "detail": "hours 1.00", "interrupted": True, "latency": LATENCY,
}  # fmt: skip


async def test_a_message_is_handled_and_taken_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        assert "Обработано" in (await browser.get("/messages")).text
        csrf = await p.csrf(browser)
        assert (await browser.post("/messages/3", csrf=csrf, handled="1")).headers["location"] == "/messages"
        assert 'action="/messages/3"' in (await browser.get("/messages")).text, "what takes it back"
        assert "Вернуть" in (await browser.get("/messages?show=all")).text
        await browser.post("/messages/3", csrf=csrf, handled="0")
        assert not p.core.messages[0]["handled"]
        assert {actor for _, actor in p.core.asked} == {"boris"}


async def test_what_waits_what_is_mine_and_all_are_shown(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        p.core.messages.append({**p.core.messages[0], "id": 4, "matter": "доставка", "handled": True})
        p.core.messages.append({**p.core.messages[0], "id": 5, "matter": "цветы", "assigned": "boris"})
        shown = {view: (await browser.get(f"/messages?show={view}")).text for view in ("", "mine", "all")}
        found = {view: [one for one in ("ремонт", "доставка", "цветы") if one in text] for view, text in shown.items()}
        assert found == {"": ["ремонт", "цветы"], "mine": ["цветы"], "all": ["ремонт", "доставка", "цветы"]}


async def test_a_message_is_assigned_to_one_who_may_handle_it(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.core.roles |= {"vera": "viewer", "анна": "admin"}
        browser = await p.browser("boris", "operator")
        shown = (await browser.get("/messages")).text
        assert "<option>анна</option>" in shown
        assert "vera" not in shown
        csrf = await p.csrf(browser)
        await browser.post("/messages/3/assign", csrf=csrf, user="анна")
        assert "Поручено: анна." in (await browser.get("/messages")).text
        await browser.post("/messages/3/assign", csrf=csrf)
        assert p.core.messages[0]["assigned"] == ""


async def test_a_new_message_appears_by_itself(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser, "/messages/events?show=all") as w:
            await listening(p)
            p.core.tell(MessageTaken(call=7, name="Павел", number="", matter="ремонт"))
            (put,) = (await w.until("put"))["data"]
        assert put["to"] == "messages"
        assert "ремонт" in put["html"]


async def test_what_another_has_seen_to_is_shown_in_every_window(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        async with window(p, browser, "/messages/events?") as w:
            await listening(p)
            p.core.messages[0]["handled"] = True
            p.core.tell(MessageChanged(message=3, call=7, handled=True))
            (put,) = (await w.until("put"))["data"]
        assert "ремонт" not in put["html"]


async def test_what_callers_say_never_becomes_markup(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.core.messages[0] |= {"name": HOSTILE, "number": HOSTILE, "matter": HOSTILE}
        browser = await p.browser("boris", "operator")
        text = (await browser.get("/messages")).text
        assert "alert(1)" in text
        assert "<script>alert" not in text
        assert "<img" not in text


async def test_a_call_that_is_not_there_is_told_in_the_core_s_words(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        answer = await browser.get("/calls/8")
        assert answer.status_code == 404
        assert "Звонка нет." in answer.text
        assert (await browser.get("/calls/99999999999999999999999")).status_code == 404


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["id", "began", "answered", "ended", "number", "outcome", "summary"]), junk),
    st.dictionaries(st.sampled_from([*TURN]), junk),
    st.dictionaries(
        st.sampled_from(["id", "call_id", "taken", "name", "number", "matter", "handled", "assigned"]), junk
    ),
    st.dictionaries(st.sampled_from([*LATENCY]), junk),
)
def test_whatever_another_version_sends_makes_a_page(call: Any, turn: Any, message: Any, latency: Any) -> None:
    for say in TEXTS.values():
        kept_call(call, say)
        spoken(turn | {"latency": latency}, say)
        left_message(message, say)


def test_the_shares_of_an_answer_s_time_are_of_its_total() -> None:
    turn = spoken(TURN, i18n.load()["ru"])
    assert [(step.milliseconds, step.share) for step in turn.steps] == [
        (300, 60),
        (50, 10),
        (100, 20),
        (40, 8),
        (10, 2),
    ]

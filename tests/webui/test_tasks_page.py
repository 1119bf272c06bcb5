"""Call-backs: who waits, the owner's order to dial, done and deleted with the way back."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import CloseTask, DialNumber, DialTask, DialUsed, ListTasks, TaskMade
from tests.fakes.event_window import listening, window
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.errors import NotDone
from webui.tasks_view import tasks, usage

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>"
TASK = {
    "id": 4, "made": 1.7e9, "line": "line1", "kind": "call_back", "number": "+79161234567", "call_id": 7,
    "wish": "после шести", "state": "open", "attempts": 2, "tried": 1.7e9, "result": "missed", "answered_by": None,
}  # fmt: skip
USED = {"calls": 3, "seconds": 125, "calls_a_day": 20, "minutes_a_day": 60, "enabled": True}


def listed(p: Page, *rows: dict[str, Any], **used: Any) -> None:
    p.core.answers[ListTasks] = lambda _: {"tasks": list(rows)}
    p.core.answers[DialUsed] = lambda _: {"usage": USED | used}
    p.core.answers[CloseTask] = p.core.answers[DialTask] = lambda _: {"task": TASK}


async def test_who_waits_is_shown_with_what_was_dialled_today(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p, TASK)
        shown = (await (await p.browser("boris", "operator")).get("/tasks")).text
        for words in (
            "+79161234567",
            "после шести",
            "2 попытки",
            "Сегодня звонков: 3 из 20, минут: 2 из 60.",
            'href="/calls/7"',
        ):
            assert words in shown
        assert 'action="/tasks/4/dial"' in shown


async def test_where_dialling_is_off_nothing_offers_to_dial(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p, TASK, enabled=False)
        shown = (await (await p.browser("boris", "operator")).get("/tasks")).text
        assert "/tasks/4/dial" not in shown
        assert 'data-opens="call"' not in shown
        assert "Исходящие звонки выключены" in shown


async def test_a_person_s_order_dials_and_leads_to_the_live_call(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p, TASK)
        p.core.answers[DialNumber] = lambda _: {"number": "+79161234567"}
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        assert (await browser.post("/tasks/4/dial", csrf=csrf)).headers["location"] == "/live"
        await browser.post("/tasks/call", csrf=csrf, number=" 8 916 123-45-67 ", say="Ваш заказ готов")
        assert p.asked(DialTask) == [DialTask(id=4)]
        assert p.asked(DialNumber) == [DialNumber(number="8 916 123-45-67", say="Ваш заказ готов")]
        assert (await browser.get("/tasks/4/dial")).status_code == 405


async def test_what_may_not_be_dialled_is_told_and_what_was_typed_stays(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p)

        def refuse(_: Any) -> Any:
            raise NotDone("Экстренные номера машина не набирает.", 403, "dial.emergency", "позвоните с телефона: 112")

        p.core.answers[DialNumber] = refuse
        browser = await p.browser("boris", "operator")
        answer = await browser.post("/tasks/call", csrf=await p.csrf(browser), number="112", say="ау")
        assert answer.status_code == 403
        assert "позвоните с телефона: 112" in answer.text
        assert 'value="112"' in answer.text


async def test_done_and_deleted_are_taken_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p, TASK)
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        for deed in ("done", "drop"):
            await browser.post(f"/tasks/4/{deed}", csrf=csrf)
            assert 'action="/tasks/4/open"' in (await browser.get("/tasks")).text
        await browser.post("/tasks/4/open", csrf=csrf)
        assert [one.state for one in p.asked(CloseTask)] == ["done", "dropped", "open"]


async def test_who_may_only_look_has_no_buttons_and_his_posts_are_refused(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p, TASK)
        browser = await p.browser("vera", "viewer")
        assert (await browser.get("/tasks")).status_code == 403
        p.core.grants["vera"] = ("calls.read",)
        shown = (await browser.get("/tasks")).text
        assert "+79161234567" in shown
        assert "/tasks/4/" not in shown
        for deed in ("dial", "done", "drop", "open"):
            assert (await browser.post(f"/tasks/4/{deed}", csrf=await p.csrf(browser))).status_code == 403


async def test_a_new_one_appears_by_itself_and_stays_text(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p)
        browser = await p.browser("boris", "operator")
        assert "Никто не ждёт звонка" in (await browser.get("/tasks")).text
        async with window(p, browser, "/tasks/events") as w:
            await listening(p)
            listed(p, TASK | {"wish": HOSTILE, "number": HOSTILE, "result": HOSTILE, "state": HOSTILE})
            p.core.tell(TaskMade(task=4, call=7, number="+79161234567"))
            (put,) = (await w.until("put"))["data"]
        assert put["to"] == "tasks"
        assert "alert(1)" in put["html"]
        assert "<script>" not in put["html"]


async def test_a_long_list_is_paged(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        listed(p, *[TASK | {"id": 100 - n} for n in range(51)])
        shown = (await (await p.browser("boris", "operator")).get("/tasks?all=1")).text
        assert 'href="/tasks?all=1&amp;before=51"' in shown


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from([*TASK]), junk), max_size=3),
    st.dictionaries(st.sampled_from([*USED]), junk | st.just(True)),
)
def test_whatever_another_version_tells_makes_a_page(rows: Any, used: Any) -> None:
    for say in TEXTS.values():
        tasks({"tasks": rows}, say)
        usage({"usage": used}, say)

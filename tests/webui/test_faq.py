"""The pages of questions and answers, and of what was changed."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol.content import Entry as FaqEntry
from secretaryd.control.protocol.content import (
    ExportFaq,
    ImportFaq,
    ListChanges,
    ListFaq,
    RemoveFaq,
    SaveFaq,
    ShowPersona,
    TestFaq,
    Undo,
)
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.errors import NotDone
from webui.faq_view import question, tried

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HOURS = {
    "id": "hours",
    "variants": ["вы работаете", "часы работы"],
    "answer": "{hours}",
    "action": "",
    "origin": "general",
}
OWN = {"id": "карты/1", "variants": ["есть ли карты"], "answer": "Да.", "action": "message", "origin": "own"}
TRIED = {
    "faq": "hours", "how": "fuzzy", "score": 91.0, "answer": "С девяти до шести.", "source": "faq hours",
    "entries": [{"id": "hours", "score": 91.0}], "facts": [{"id": "address", "score": 0.25}],
}  # fmt: skip


def full(p: Page) -> None:
    """A core with two questions, which refuses an answer without text."""

    def save(asked: SaveFaq) -> Any:
        if not asked.entries[0].answer:
            raise NotDone("Так нельзя: пустой ответ.", 422)
        return {"saved": len(asked.entries)}

    p.core.answers |= {
        ListFaq: lambda _: {"entries": [HOURS, OWN], "off": []},
        TestFaq: lambda _: TRIED,
        ShowPersona: lambda _: {"facts": [{"topic": "hours"}, {"topic": "address"}]},
        SaveFaq: save,
        RemoveFaq: lambda asked: {"removed": asked.id},
        ImportFaq: lambda _: {"saved": 2},
        ExportFaq: lambda asked: {"name": f"faq.{asked.format}", "content": "id,variants\r\n"},
        ListChanges: lambda _: {"changes": [{"number": 5, "at": 1.7e9, "who": "анна", "what": "faq.saved"}]},
        Undo: lambda _: {"undone": {}},
    }


async def test_questions_are_listed_searched_and_tried(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        text = (await browser.get("/faq")).text
        assert "вы работаете</span>" in text
        assert "/faq/entry?id=%D0%BA" in text, "an id may hold anything"
        assert "/faq/new" not in text, "an operator reads"
        text = (await browser.get("/faq?q=карты&origin=own")).text
        assert "вы работаете</span>" not in text
        text = (await browser.get("/faq?heard=когда+вы+открыты")).text
        assert p.core.asked[-1][0] == TestFaq(text="когда вы открыты")
        for part in ("С девяти до шести.", "достаточно близко", "address", "0,25"):
            assert part in text


async def test_a_question_is_written_and_the_change_is_taken_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна", "admin")
        csrf = await p.csrf(browser)
        form = {
            "fresh": "1",
            "id": "cards",
            "variants": "есть ли карты\r\n\r\n берёте карты ",
            "answer": "Да.",
            "action": "x",
        }
        answer = await browser.post("/faq/save", csrf=csrf, **form)
        assert answer.headers["location"] == "/faq"
        saved = p.asked(SaveFaq)
        entry = FaqEntry(id="cards", variants=["есть ли карты", "берёте карты"], answer="Да.", action="")
        assert saved == [SaveFaq(entries=[entry], fresh=True)]
        assert 'action="/changes/5/undo"' in (await browser.get("/faq")).text
        assert (await browser.post("/changes/4/undo", csrf=csrf)).status_code == 409, "others came after it"
        assert not p.asked(Undo)
        assert (await browser.post("/changes/5/undo", csrf=csrf)).status_code == 303
        assert p.core.asked[-1][0] == Undo()
        assert "Сохранён вопрос" in (await browser.get("/changes")).text


async def test_what_is_refused_stays_in_the_form_with_the_reason(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("vera", "editor")
        form = {"id": "hours", "variants": "мои слова", "answer": ""}
        answer = await browser.post("/faq/save", csrf=await p.csrf(browser), **form)
        assert answer.status_code == 422
        assert "пустой ответ" in answer.text
        assert "мои слова" in answer.text


async def test_a_bad_answer_becomes_a_question_to_mend(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        p.core.call["turns"] = [
            {"who": "caller", "text": "а в выходные", "source": "caller"},
            {"who": "caller", "text": "вы открыты", "source": "caller"},
            {"who": "secretary", "text": "Не знаю.", "source": "faq", "detail": "hours fuzzy 80"},
        ]
        browser = await p.browser("анна", "admin")
        text = (await browser.get("/faq/new?call=7&turn=2")).text
        assert "а в выходные вы открыты" in text
        assert "Не знаю." in text
        assert "/faq/entry?id=hours" in text
        form = {"fresh": "1", "call": "7", "variants": "вы открыты", "answer": "Да."}
        answer = await browser.post("/faq/save", csrf=await p.csrf(browser), **form)
        assert answer.headers["location"] == "/calls/7"
        saved = p.asked(SaveFaq)[0]
        assert saved.entries[0].id.startswith("вы-открыты-")
        for turn in ("0", "99", "x"):
            assert (await browser.get(f"/faq/new?call=7&turn={turn}")).status_code == 200


async def test_files_go_out_and_come_in_as_text_or_as_they_are(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна", "admin")
        csrf = await p.csrf(browser)
        out = await browser.get("/faq/export?format=csv&all=1")
        assert out.headers["content-disposition"] == 'attachment; filename="faq.csv"'
        assert p.core.asked[-1][0] == ExportFaq(format="csv", all=True)
        assert (await browser.post("/faq/import", csrf=csrf, content="id,a", only="1")).status_code == 303
        assert ImportFaq(content=b"id,a", only=True) in [request for request, _ in p.core.asked]
        headers = {"x-csrf-token": csrf, "sec-fetch-site": "same-origin", "content-type": "application/octet-stream"}
        sent = await browser.http.post("/faq/import", content="ид".encode("cp1251"), headers=headers)
        assert sent.status_code == 303
        assert ImportFaq(content="ид".encode("cp1251"), only=False) in [request for request, _ in p.core.asked]
        sent = await browser.http.post("/faq/import", content=b"x" * 500_001, headers=headers)
        assert sent.status_code == 413


async def test_questions_never_become_markup(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        row = {"id": HOSTILE, "variants": [HOSTILE], "answer": HOSTILE, "action": HOSTILE, "origin": HOSTILE}
        p.core.answers[ListFaq] = lambda _: {"entries": [row]}
        p.core.answers[TestFaq] = lambda _: {"faq": HOSTILE, "how": HOSTILE, "answer": HOSTILE, "source": HOSTILE}
        browser = await p.browser("анна", "admin")
        listed = (await browser.get("/faq")).text
        tried_page = (await browser.http.get("/faq", params={"heard": HOSTILE})).text
        entry = (await browser.http.get("/faq/entry", params={"id": HOSTILE})).text
        for text in (listed, tried_page, entry):
            assert "alert(1)" in text
            assert "<script>alert" not in text
            assert "<img" not in text


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*HOURS]), junk), st.dictionaries(st.sampled_from([*TRIED]), junk))
def test_whatever_another_version_sends_makes_a_page(row: Any, answer: Any) -> None:
    for say in TEXTS.values():
        question(row, say)
        tried("слова", answer, say)


TEXTS = i18n.load()

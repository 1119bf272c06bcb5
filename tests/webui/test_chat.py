"""The pages of chats: sessions, questions, answers as they come, settings, sound."""

import base64
import io
import json
import wave
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol.chat import (
    AnswerChat,
    CreateChat,
    DeleteChat,
    EditChat,
    FollowChat,
    ListChats,
    ShowChat,
    ShowChatPrompt,
    StopChat,
    UndeleteChat,
)
from secretaryd.control.protocol.hearing import Speak
from secretaryd.control.protocol.stream import ChatBegan, ChatDelta, ChatEnded
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.calls_view import Piece
from webui.chat_view import SPOKEN, UNSAID, choices, said, session, snippet, spoken
from webui.errors import CoreAway, NotDone

RU = i18n.load()["ru"]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HTMX = {"hx-request": "true"}
WHY = {
    "node": "local", "model": "qwen", "first": 0.42, "seconds": 2.31, "how": "fuzzy", "ready": "С девяти до шести.",
    "entry": {"id": "hours", "score": 91.0}, "facts": [{"id": "address", "score": 0.25}], "source": "faq hours",
}  # fmt: skip
QUESTION = {"id": 4, "role": "user", "text": "Когда вы работаете?", "at": 1.8e9, "state": "done", "detail": "",
            "why": {}}  # fmt: skip
ANSWER = QUESTION | {"id": 5, "role": "assistant", "text": "С девяти. Приходите!", "why": WHY}
CHAT = {"id": 3, "user": "анна", "name": "Часы", "persona": "", "prompt": "", "node": "", "created": 1.8e9,
        "changed": 1.8e9, "messages": 2}  # fmt: skip
PROMPT = {
    "prompt": "Ты — Гуля.\n", "personas": ["gulya", "lidia"],
    "nodes": [{"name": "local", "state": "ready", "model": "qwen", "reason": ""},
              {"name": "office", "state": "away", "model": "", "reason": "off"}],
}  # fmt: skip


def wav(samples: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * samples))
    return out.getvalue()


def full(p: Page) -> dict[str, Any]:
    """A core with one chat."""
    told: dict[str, Any] = {"chat": dict(CHAT), "messages": [QUESTION, ANSWER], "answering": False}

    def show(asked: ShowChat) -> Any:
        if asked.id != 3:
            raise NotDone("Беседы 99 нет.", 404, "not_found")
        rows = [row for row in told["messages"] if asked.before is None or row["id"] < asked.before]
        return {**told, "messages": rows[-asked.limit :]}

    p.core.answers |= {
        ListChats: lambda _: {"chats": [CHAT | {"found": ANSWER}], "more": False},
        ShowChat: show,
        CreateChat: lambda _: {"chat": CHAT},
        EditChat: lambda _: {"chat": CHAT},
        DeleteChat: lambda _: {"chat": CHAT},
        UndeleteChat: lambda _: {"chat": CHAT},
        StopChat: lambda _: {"stopped": True},
        ShowChatPrompt: lambda _: PROMPT,
        AnswerChat: lambda _: [ChatBegan(message=QUESTION)],
        FollowChat: lambda _: [ChatBegan(), ChatDelta(text="С "), ChatDelta(text="девяти."), ChatEnded(message=ANSWER)],
        Speak: lambda _: {"wav": base64.b64encode(wav(80)).decode(), "seconds": 0.01, "voice": "x"},
    }
    return told


async def test_sessions_are_listed_and_found_with_the_place_marked(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна")
        text = (await browser.get("/chat?q=девяти")).text
        assert "<mark>девяти</mark>" in text
        assert "2 сообщения" in text
        assert 'href="/chat/3"' in text
        p.core.answers[ListChats] = lambda _: {"chats": [], "more": False}
        assert "Бесед пока нет" in (await browser.get("/chat")).text


async def test_older_sessions_are_behind_the_last_that_is_shown(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        p.core.answers[ListChats] = lambda _: {"chats": [CHAT | {"found": None, "changed": 1.5}], "more": True}
        browser = await p.browser("анна")
        assert "/chat?before=1.5" in (await browser.get("/chat?before=x")).text
        await browser.get("/chat?before=1.5")
        assert [one.before for one in p.asked(ListChats)] == [None, 1.5]


async def test_a_question_without_a_script_is_asked_and_its_page_follows_the_answer(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        told = full(p)
        browser = await p.browser("анна")
        csrf = await p.csrf(browser)
        answer = await browser.post("/chat/new", csrf=csrf, text="Когда вы\r\nработаете?")
        assert (answer.status_code, answer.headers["location"]) == (303, "/chat/3#compose")
        assert (AnswerChat(id=3, text="Когда вы\nработаете?"), "анна") in p.core.asked
        told["answering"], told["messages"] = True, [QUESTION]
        text = (await browser.get("/chat/3")).text
        assert '<noscript><meta http-equiv="refresh"' in text
        assert 'class="ours open"' in text
        assert "data-again" not in text


async def test_a_page_that_is_there_gets_only_the_new_messages(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        p.core.answers[AnswerChat] = lambda _: [ChatBegan(message=QUESTION | {"text": HOSTILE})]
        browser = await p.browser("анна")
        text = (await browser.post("/chat/3/ask", HTMX, csrf=await p.csrf(browser), text="x")).text
        assert text.strip().startswith('<li class="theirs"')
        assert text.count("<li") == 2
        assert "&lt;script&gt;" in text
        assert "<script" not in text


async def test_an_answer_comes_as_events_and_ends_as_it_was_kept(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна")
        answer = await browser.get("/chat/3/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
        assert events == ["began", "delta", "delta", "ended"]
        data = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
        assert "".join(one["text"] for one in data[1:3]) == "С девяти."
        assert 'id="said-5"' in data[-1]["html"]
        assert "data-again" in data[-1]["html"]
        assert data[-1]["name"] == "Часы"
        assert (await browser.get("/chat/99/events")).status_code == 404 or p.core.answers


async def test_a_core_that_goes_away_under_an_answer_is_told(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)

        def gone(_: Any) -> Any:
            raise CoreAway("gone")

        browser = await p.browser("анна")
        p.core.answers[ShowChat] = gone
        assert "event: lost" in (await browser.get("/chat/3/events")).text


async def test_a_session_that_ends_ends_its_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна")
        monkeypatch.setattr("webui.chat_stream.LOOK_SECONDS", 0.0)
        p.core.answers[FollowChat] = lambda _: ended_by(p)
        text = (await browser.get("/chat/3/events")).text
        assert "event: bye" in text
        assert "event: ended" not in text


def ended_by(p: Page) -> Any:
    """The clock passes the session's end between two pieces."""
    yield ChatBegan()
    p.clock.now += 86400
    yield ChatDelta(text="x")
    yield ChatDelta(text="y")


async def test_what_the_core_refuses_is_told_above_what_was_typed(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)

        def busy(_: Any) -> Any:
            raise NotDone("Модель ещё отвечает.", 409, "busy")

        p.core.answers[AnswerChat] = busy
        browser = await p.browser("анна")
        csrf = await p.csrf(browser)
        for path in ("/chat/new", "/chat/3/ask"):
            answer = await browser.post(path, csrf=csrf, text="Мой вопрос")
            assert answer.status_code == 409
            assert "Модель ещё отвечает." in answer.text
            assert "Мой вопрос" in answer.text
        piece = await browser.post("/chat/3/ask", HTMX, csrf=csrf, text="x")
        assert json.loads(piece.headers["hx-trigger"])["toast"]["text"] == "Модель ещё отвечает."


async def test_the_usual_prompt_sent_back_stays_the_usual_one(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна")
        csrf = await p.csrf(browser)
        await browser.post("/chat/3/settings", csrf=csrf, prompt="Ты — Гуля.", persona="lidia", node="office")
        await browser.post("/chat/3/settings", csrf=csrf, prompt="Ты — попугай.", persona="", node="")
        await browser.post("/chat/3/reset", csrf=csrf)
        edits = p.asked(EditChat)
        assert [(one.prompt, one.persona, one.node) for one in edits] == [
            ("", "lidia", "office"), ("Ты — попугай.", "", ""), ("", "", ""),
        ]  # fmt: skip


async def test_renamed_stopped_made_anew_deleted_and_brought_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна")
        csrf = await p.csrf(browser)
        await browser.post("/chat/3/name", csrf=csrf, name="Новое")
        await browser.post("/chat/3/stop", csrf=csrf)
        await browser.post("/chat/3/again", csrf=csrf)
        assert (await browser.post("/chat/3/delete", csrf=csrf)).headers["location"] == "/chat"
        assert 'action="/chat/3/restore"' in (await browser.get("/chat")).text
        await browser.post("/chat/3/restore", csrf=csrf)
        asked = [one for one, _ in p.core.asked if not isinstance(one, ListChats | ShowChatPrompt)]
        assert asked == [
            EditChat(id=3, name="Новое"), StopChat(id=3), AnswerChat(id=3, again=True), DeleteChat(id=3),
            UndeleteChat(id=3),
        ]  # fmt: skip


async def test_an_answer_is_spoken_whole_or_in_parts(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна")
        whole = await browser.get("/chat/3/said/5.wav")
        assert whole.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(whole.content)) as file:
            assert file.getnframes() == 160
        await browser.get("/chat/3/said/5.wav?part=1")
        assert [one.text for one in p.asked(Speak)] == [
            "С девяти.", "Приходите!", "Приходите!",
        ]  # fmt: skip
        for path in ("/chat/3/said/5.wav?part=2", "/chat/3/said/77.wav", "/chat/99/said/5.wav"):
            assert (await browser.get(path)).status_code == 404


async def test_who_may_not_chat_does_not(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("вера", "viewer")
        assert (await browser.get("/chat")).status_code == 403
        assert 'href="/chat"' not in (await browser.get("/")).text


def test_an_answer_says_what_it_rests_on() -> None:
    shown = said(ANSWER, RU)
    assert dict(shown.why) == {
        "Модель": "qwen (local)",
        "Ближайший вопрос": "hours · 91 · достаточно близко",
        "Факты и насколько близки": "address 0,25",
        "Готовый ответ, который модель видела": "С девяти до шести.",
        "Первое слово через": "0,42 с",
        "Весь ответ за": "2,31 с",
    }
    assert (shown.by, shown.entry, shown.parts) == ("qwen", "hours", 2)
    failed = said(ANSWER | {"text": "", "state": "failed", "why": {"failed": "starter"}}, RU)
    assert (failed.starter, failed.parts) == (True, 0)
    assert "учебная" in failed.trouble


TREES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "role", "text", "why", "entry", "facts", "score", "state", "prompt", "nodes", "name"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from([*CHAT, *ANSWER, "nodes", "personas", "found"]), TREES, max_size=8))
def test_whatever_the_core_tells_is_shown(tree: dict[str, Any]) -> None:
    said(tree, RU)
    session(tree, RU, "x")
    choices(tree, RU)


@given(st.text(max_size=3000))
def test_all_words_of_an_answer_are_spoken_in_pieces_that_the_voice_takes(text: str) -> None:
    pieces = spoken(text)
    assert all(0 < len(piece) <= SPOKEN + 1 for piece in pieces)
    letters = [letter for letter in UNSAID.sub(" ", text) if letter.isalnum()]
    assert [letter for piece in pieces for letter in piece if letter.isalnum()] == letters


@given(st.text(max_size=400), st.text(min_size=1, max_size=5))
def test_a_place_that_was_found_is_cut_out_whole(text: str, words: str) -> None:
    assert all(piece.text for piece in snippet(text, words))


def test_personas_and_models_can_be_chosen_by_their_names() -> None:
    found = choices(PROMPT, RU)
    assert [one for one, _ in found.personas] == ["gulya", "lidia"]
    assert all(name for _, name in found.personas)
    assert found.nodes == (("local", "qwen · готова"), ("office", "office · недоступна"))
    assert found.ready


def test_a_place_is_shown_with_what_stands_around_it() -> None:
    assert snippet("а" * 100 + " Ключ " + "б" * 100, "ключ")[1] == Piece("Ключ", found=True)
    assert snippet("коротко", "нет") == (Piece("коротко", found=False),)

"""The pages of calls: found, shown, heard, and what the owner does with them."""

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol.archive import (
    DeleteCall,
    GetPeaks,
    GetRecording,
    KeepCall,
    NoteCall,
    RestoreCall,
    SearchCalls,
    TagCall,
)
from secretaryd.control.protocol.contacts import BlockNumber, ShowContact, UnblockNumber
from secretaryd.control.protocol.dial import DialNumber
from tests.fakes.page_box import CALL, Page, open_page
from webui import i18n
from webui.calls_view import clock, day, pieces, row, shown, wave
from webui.errors import NotDone

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SOUND = bytes(range(256)) * 40
PIECE = 4096
HEARD: dict[str, Any] = {
    "who": "caller", "text": "график работы", "start": 61.0, "end": 62.5, "source": "caller", "confidence": 0.9,
    "words": [
        {"text": "график", "start": 61.0, "end": 61.6, "confidence": 0.95},
        {"text": "работы", "start": 61.7, "end": 62.5, "confidence": 0.3},
    ],
}  # fmt: skip
SAID: dict[str, Any] = {
    "who": "secretary", "text": "С девяти до шести.", "start": 65.0, "end": 67.0, "source": "faq",
    "detail": "hours exact 100", "latency": {"endpoint": 300.0, "stt": 50.0, "total": 500.0},
}  # fmt: skip


def full(p: Page) -> None:
    """A core with a recording and everything else of a call."""
    p.core.call |= {
        "recording": "recordings/7.opus", "recorded_seconds": 65.2, "turns": [HEARD, SAID], "keep": True,
        "note": "важно", "tags": ["ремонт"], "end_cause": "caller",
    }  # fmt: skip

    def recording(asked: GetRecording) -> Any:
        piece = base64.b64encode(SOUND[asked.offset : asked.offset + PIECE]).decode()
        return {"name": "7.opus", "size": len(SOUND), "offset": asked.offset, "content": piece}

    def no_contact(_: ShowContact) -> Any:
        raise NotDone("Такого контакта нет.", 404)

    p.core.answers |= {
        GetPeaks: lambda _: {"seconds": 65.2, "caller": [0, 128, 255], "secretary": [255, 0, 0]},
        GetRecording: recording,
        ShowContact: no_contact,
        SearchCalls: lambda asked: {
            "hits": [{"call": p.core.call | {"name": ""}, "snippet": None}], "more": False, "waiting": 0,
        },
    }  # fmt: skip
    for kind in (KeepCall, NoteCall, TagCall, DeleteCall, RestoreCall):
        p.core.answers[kind] = lambda _: {"call": p.core.call}
    for other in (BlockNumber, UnblockNumber):
        p.core.answers[other] = lambda _: {"contact": {}}
    p.core.answers[DialNumber] = lambda _: {"number": CALL["number"]}


async def test_the_filters_are_asked_of_the_core_and_go_along_to_older_calls(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        p.core.answers[SearchCalls] = lambda _: {"hits": [{"call": p.core.call, "snippet": None}], "more": True}
        browser = await p.browser("boris", "operator")
        query = "q=ремонт&number=8916&outcome=missed&since=2026-11-01&until=2026-11-26&before=900"
        text = (await browser.get(f"/calls?{query}")).text
        asked = p.core.asked[-1][0]
        assert isinstance(asked, SearchCalls)
        assert (asked.text, asked.number, asked.outcome, asked.before) == ("ремонт", "8916", "missed", 900)
        assert asked.since == day("2026-11-01")
        assert asked.until == day("2026-11-26", after=True)
        assert "outcome=missed&amp;before=7" in text
        await browser.get("/calls?outcome=nonsense&since=yesterday&before=x")
        asked = p.core.asked[-1][0]
        assert isinstance(asked, SearchCalls)
        assert (asked.outcome, asked.since, asked.before) == ("", None, None)


async def test_found_words_are_marked_and_stay_text(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        text = f"про {HOSTILE} ремонт"
        at = text.index("ремонт")
        snippet = {"field": "turn", "text": text, "marks": [[at, at + 6]]}
        p.core.answers[SearchCalls] = lambda _: {"hits": [{"call": p.core.call, "snippet": snippet}], "more": False}
        browser = await p.browser("boris", "operator")
        shown_page = (await browser.get("/calls?q=ремонт")).text
        assert "<mark>ремонт</mark>" in shown_page
        assert "&lt;script&gt;alert(1)" in shown_page
        assert "<script>alert" not in shown_page


async def test_a_query_without_words_is_told_beside_the_filters(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:

        def nothing(_: SearchCalls) -> Any:
            raise NotDone("Нечего искать.", 400)

        p.core.answers[SearchCalls] = nothing
        browser = await p.browser("boris", "operator")
        answer = await browser.get("/calls?q=-")
        assert answer.status_code == 200
        assert "Нечего искать." in answer.text
        assert 'value="-"' in answer.text


async def test_a_call_is_shown_with_words_to_hear_and_why_it_was_answered_so(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        text = (await (await p.browser("анна", "admin")).get("/calls/7")).text
        for part in ("С девяти до шести.", "hours exact 100", 'data-at="61.70"', "word unsure", "важно", "ремонт",
                     "/calls/7/sound#t=61.00",
                     "/faq/new?call=7&amp;turn=1", "/faq/entry?id=hours", "0,50", "90"):  # fmt: skip
            assert part in text
        assert 'class="theirs" d="M0.5 24.5v1.0' in text


async def test_who_may_only_read_sees_no_buttons_that_act(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        boris = (await (await p.browser("boris", "operator")).get("/calls/7")).text
        assert "/calls/7/delete" in boris
        assert "/faq/new" not in boris


@pytest.mark.parametrize(
    ("asked", "code", "part", "told"),
    [
        ("", 200, SOUND, None),
        ("bytes=0-", 206, SOUND, f"bytes 0-{len(SOUND) - 1}/{len(SOUND)}"),
        ("bytes=5000-5003", 206, SOUND[5000:5004], f"bytes 5000-5003/{len(SOUND)}"),
        ("bytes=4000-9000", 206, SOUND[4000:9001], f"bytes 4000-9000/{len(SOUND)}"),
        (f"bytes={len(SOUND) - 1}-99999999", 206, SOUND[-1:], f"bytes {len(SOUND) - 1}-{len(SOUND) - 1}/{len(SOUND)}"),
        (f"bytes={len(SOUND)}-", 416, b"", f"bytes */{len(SOUND)}"),
        ("bytes=9-3", 416, b"", f"bytes */{len(SOUND)}"),
        ("bytes=0-1,5-6", 200, SOUND, None),  # several parts: the whole (RFC 9110, 14.2)
        ("seconds=1-2", 200, SOUND, None),
    ],
)
async def test_a_player_gets_the_part_that_it_asks_for(
    tmp_path: Path, asked: str, code: int, part: bytes, told: str | None
) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        answer = await browser.get("/calls/7/sound", **({"range": asked} if asked else {}))
        assert (answer.status_code, answer.content) == (code, part)
        assert answer.headers.get("content-range") == told
        assert code == 416 or answer.headers["content-type"] == "audio/ogg"


async def test_a_part_of_what_was_compressed_meanwhile_is_not_mixed_with_the_old(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        answer = await browser.get("/calls/7/sound", **{"range": "bytes=9-", "if-range": '"7-1-wav"'})
        assert (answer.status_code, answer.content) == (200, SOUND)
        again = await browser.get("/calls/7/sound", **{"range": "bytes=9-", "if-range": answer.headers["etag"]})
        assert (again.status_code, again.content) == (206, SOUND[9:])


@pytest.mark.parametrize(
    ("path", "form", "asked"),
    [
        ("keep", {"keep": "0"}, KeepCall(id=7, keep=False)),
        ("note", {"note": " а\r\nб "}, NoteCall(id=7, note="а\nб")),
        ("tag", {"tag": "ремонт, срочно,"}, TagCall(id=7, add=("ремонт", "срочно"))),
        ("untag", {"tag": "ремонт"}, TagCall(id=7, remove=("ремонт",))),
        ("delete", {}, DeleteCall(id=7)),
        ("restore", {}, RestoreCall(id=7)),
        ("block", {}, BlockNumber(number="+79161234567")),
        ("unblock", {}, UnblockNumber(number="+79161234567")),
        ("dial", {"say": "Добрый день."}, DialNumber(number="+79161234567", say="Добрый день.")),
    ],
)
async def test_what_the_owner_does_is_asked_in_his_name_and_told(
    tmp_path: Path, path: str, form: dict[str, str], asked: Any
) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        answer = await browser.post(f"/calls/7/{path}", csrf=csrf, **form)
        assert answer.status_code == 303
        assert p.core.asked[-1] == (asked, "boris")
        assert 'class="bread"' in (await browser.get(answer.headers["location"])).text


async def test_a_deleted_call_is_brought_back_by_the_button_that_the_page_then_shows(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        await browser.post("/calls/7/delete", csrf=await p.csrf(browser))
        assert 'action="/calls/7/restore"' in (await browser.get("/calls")).text


async def test_a_withheld_number_cannot_be_dialled_or_blocked(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        p.core.call["number"] = None
        browser = await p.browser("boris", "operator")
        text = (await browser.get("/calls/7")).text
        assert "/calls/7/dial" not in text
        answer = await browser.post("/calls/7/dial", csrf=await p.csrf(browser))
        assert answer.status_code == 404
        assert not p.asked(DialNumber)


async def test_what_callers_say_never_becomes_markup(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        word = {"text": HOSTILE, "start": 1.0, "end": 2.0, "confidence": 0.1}
        p.core.call |= dict.fromkeys(("number", "summary", "outcome", "note", "end_cause", "flow"), HOSTILE)
        p.core.call |= {"tags": [HOSTILE], "name": HOSTILE}
        p.core.call["turns"] = [
            HEARD | {"words": [word]},
            SAID | {"text": HOSTILE, "source": HOSTILE, "detail": HOSTILE},
        ]
        p.core.answers[ShowContact] = lambda _: {"contact": {"id": 3, "name": HOSTILE, "group": HOSTILE}}
        browser = await p.browser("анна", "admin")
        for path in ("/calls", "/calls/7"):
            text = (await browser.get(path)).text
            assert "alert(1)" in text
            assert "<script>alert" not in text
            assert "<img" not in text


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*CALL, "tags", "keep", "note", "recording", "recorded_seconds"]), junk),
    st.dictionaries(st.sampled_from([*HEARD, *SAID]), junk),
    st.dictionaries(st.sampled_from(["text", "marks"]), junk),
    st.dictionaries(st.sampled_from(["seconds", "caller", "secretary"]), junk),
)
def test_whatever_another_version_sends_makes_a_page(call: Any, turn: Any, snippet: Any, peaks: Any) -> None:
    for say in TEXTS.values():
        row({"call": call, "snippet": snippet}, say)
        shown(call | {"turns": [turn]}, say)
        wave(peaks)


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-3, 33), st.integers(-3, 33)), max_size=5))
def test_a_snippet_keeps_its_text_whatever_its_marks(text: str, marks: list[tuple[int, int]]) -> None:
    assert "".join(piece.text for piece in pieces({"text": text, "marks": marks})) == text


def test_times_and_days() -> None:
    assert [clock(one) for one in (0, 65.2, -3, 3600)] == ["0:00", "1:05", "0:00", "60:00"]
    first, after = day("2026-11-26"), day("2026-11-26", after=True)
    assert first is not None
    assert after is not None
    assert after - first in (82800, 86400, 90000)
    assert [day(one) for one in ("", "x", "2026-13-01", "0000-01-01")] == [None] * 4

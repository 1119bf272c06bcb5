"""What the console works out without a box or a terminal."""

import json
import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import CallEnded, CallRang, Dropped, PhraseHeard, SayingStarted, Stamped, TurnSaid
from tui import amounts, outlook
from tui.backoff import LAST_SECONDS, Backoff
from tui.i18n.texts import LANGUAGES, load
from tui.keys import LATIN, bound
from tui.live import MAX_LINES, LiveCall, latency_parts
from tui.paging import PAGE_ROWS, PAGES_KEPT, Pages, Row
from tui.plain import LONGEST, plain, plain_lines
from tui.tree import Tree
from tui.widgets.meters import CELLS, bar, lit

RU, EN = load("ru"), load("en")


def tables() -> dict[str, dict[str, str]]:
    folder = resources.files("tui.i18n")
    return {code: json.loads((folder / f"{code}.json").read_text("utf-8")) for code in LANGUAGES}


def test_both_languages_have_every_text_with_the_same_places_to_fill() -> None:
    russian, english = tables()["ru"], tables()["en"]
    assert russian.keys() == english.keys()
    for key, text in russian.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english[key])), key
        assert text, key
        assert english[key], key


def test_no_russian_is_left_in_the_english_texts() -> None:
    assert not [key for key, text in tables()["en"].items() if re.search("[А-яЁё]", text)]


def test_an_unknown_language_is_russian() -> None:
    assert load("xx").language == "ru"


@given(st.text())
def test_nothing_that_is_shown_moves_a_cursor(text: str) -> None:
    assert plain(text).isprintable()
    assert all(line.isprintable() for line in plain_lines(text).split("\n"))


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("обычный текст", "обычный текст"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("слева\u202eсправа", "слева\ufffdсправа"),
        ("две\nстроки\tи\xa0ещё", "две строки и ещё"),
        ("x" * (LONGEST + 5), "x" * LONGEST + "…"),
    ],
)
def test_text_of_others_is_made_harmless(given_: str, shown: str) -> None:
    assert plain(given_) == shown


def test_a_meter_shows_the_least_sound_and_warns_of_the_loudest() -> None:
    assert [lit(level) for level in (-100.0, -60.0, -59.9, -30.0, 0.0, 3.0)] == [0, 0, 1, 9, CELLS, CELLS]
    assert all(sum(len(part[0]) for part in bar(level)) == CELLS for level in range(-100, 4))
    assert [part[1] for part in bar(-1.0)] == ["ok", "warn", "bad", "dim"]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_an_answer_of_any_shape_can_be_drawn(value: object) -> None:
    tree = Tree.of({"modem": value, "line": value, "alerts": [value], "llm": value, "box": value, "speech": value})
    assert outlook.headline(tree, RU)
    outlook.line_facts(tree, tree, EN)
    outlook.machine_facts(tree, RU)
    outlook.alerts(tree, RU)


def rows(first: int, last: int) -> list[Row]:
    """Newest first."""
    return [Row(key, ((str(key), ""),)) for key in range(first, last - 1, -1)]


def test_a_long_list_keeps_boundaries_of_all_pages_and_rows_of_a_few() -> None:
    pages: Pages[Row] = Pages()
    newest = 5_000
    for page in range(30):
        assert pages.wanted(page * PAGE_ROWS, page * PAGE_ROWS) == page
        top = newest - page * PAGE_ROWS
        assert pages.before(page) == (None if page == 0 else top + 1)
        pages.take(page, rows(top, top - PAGE_ROWS + 1))
    assert pages.count == 30 * PAGE_ROWS
    assert sum(pages.row(index) is not None for index in range(pages.count)) == PAGES_KEPT * PAGE_ROWS
    assert pages.row(0) is None
    assert pages.wanted(0, 20) == 0, "a page that was dropped is read again when it is looked at"
    pages.take(0, rows(newest, newest - PAGE_ROWS + 1))
    assert pages.row(0) == rows(newest, newest)[0]


@given(st.integers(0, 350), st.lists(st.integers(0, 400), max_size=12))
def test_whatever_one_looks_at_is_read_and_reading_ends(total: int, looks: list[int]) -> None:
    pages: Pages[Row] = Pages()
    for at in looks:
        for _ in range(12):
            page = pages.wanted(at, at + 20)
            if page is None:
                break
            before = pages.before(page)
            top = total if before is None else before - 1
            pages.take(page, rows(top, max(1, top - PAGE_ROWS + 1)))
        else:
            pytest.fail("reads for ever")
        if at < total:
            assert pages.row(at) == rows(total - at, total - at)[0]
        else:
            assert pages.row(at) is None


def heard(*events: object) -> LiveCall:
    live = LiveCall()
    for n, event in enumerate(events):
        live.take(Stamped(id=n, at=1000.0 + n, event=event))  # type: ignore[arg-type]
    return live


def test_a_turn_takes_the_place_of_the_sentences_it_is_made_of() -> None:
    sentences = [SayingStarted(call=1, text=text, source="model") for text in ("Раз.", "Два.")]
    live = heard(CallRang(call=1, number=None, presentation="withheld"), *sentences)
    assert [(line.text, line.open) for line in live.lines] == [("Раз.", True), ("Два.", True)]
    live.take(Stamped(id=9, at=1.0, event=TurnSaid(call=1, text="Раз. Дв", source="model", interrupted=True)))
    assert [(line.text, line.open, line.interrupted) for line in live.lines] == [("Раз. Дв", False, True)]


def test_a_new_call_begins_with_an_empty_page_and_who_knocks_beside_it_does_not_end_it() -> None:
    first = PhraseHeard(call=1, text="первый", confidence=1.0, start=0.0, end=1.0)
    aside = CallEnded(call=3, outcome="missed", cause="waiting", summary="", seconds=0.0)
    live = heard(first, CallRang(call=2, number="+79161234567", presentation="presented"), aside)
    assert (live.call, live.lines, live.going_on, live.number) == (2, [], True, "+79161234567")


def test_a_call_that_nobody_will_tell_the_end_of_is_forgotten() -> None:
    live = heard(PhraseHeard(call=1, text="алло", confidence=1.0, start=0.0, end=1.0))
    live.forget_unfinished()
    assert (live.call, live.lines) == (None, [])


def test_lines_of_a_call_are_bounded() -> None:
    phrase = PhraseHeard(call=1, text="ля", confidence=1.0, start=0.0, end=1.0)
    assert len(heard(*[phrase] * (MAX_LINES + 50)).lines) == MAX_LINES
    assert heard(Dropped(count=4)).lines[0].text == "4"


def test_parts_of_a_latency_add_up_to_its_total() -> None:
    told = {
        "endpoint": 350.0,
        "stt": 100.0,
        "first_token": 150.0,
        "first_sentence": 200.0,
        "queue": 30.0,
        "total": 680.0,
    }
    parts = dict(latency_parts(told))
    assert sum(parts.values()) == told["total"]
    assert parts["first_sentence"] == 50.0


@pytest.mark.parametrize(
    ("bars", "dbm", "lit"), [(3, None, 3), (0, -77.0, 4), (4, -65.0, 5), (0, -109.0, 1), (0, -113.0, 0)]
)
def test_bars_come_from_the_power_where_it_is_known(bars: int, dbm: float | None, lit: int) -> None:
    assert outlook.lit_bars(Tree({"bars": bars, "signal_dbm": dbm, "up": True})) == lit
    assert outlook.lit_bars(Tree({"bars": bars, "signal_dbm": dbm, "up": False})) == 0


@pytest.mark.parametrize(
    ("state", "alerts", "modem", "words"),
    [
        ("idle", [], True, "Готов"),
        ("idle", [{"level": "warning"}], True, "не всё"),
        ("idle", [{"level": "info"}], True, "Готов"),
        ("away", [], False, "не принимаются"),
        ("talking", [{"level": "error"}], True, "разговор"),
    ],
)
def test_the_headline_says_whether_calls_are_taken(state: str, alerts: list[object], modem: bool, words: str) -> None:
    tree = Tree({"line": {"state": state}, "alerts": alerts, "modem": {"up": modem}})
    assert words in outlook.headline(tree, RU)[0]


def test_amounts_are_written_as_people_write_them() -> None:
    assert amounts.phone("+79161234567") == "+7 916 123-45-67"
    assert amounts.phone("900") == "900"
    assert [amounts.clock(s) for s in (5, 65, 3605, -1)] == ["0:05", "1:05", "1:00:05", "0:00"]
    assert [amounts.duration(s, RU) for s in (0, 59, 3700, 90_000)] == ["0 с", "59 с", "1 ч 1 мин", "1 д 1 ч"]
    assert [amounts.size(n, RU) for n in (84_300_000_000, 5_000_000)] == ["84,3 ГБ", "5 МБ"]
    assert amounts.seconds(830, EN) == "0.83 s"
    assert [amounts.moment(at, RU) for at in (None, -1.0, 1e15)] == ["", "", ""]
    assert amounts.midnight(now := 1_790_000_000.0) <= now


def test_waiting_grows_and_ends_growing() -> None:
    backoff = Backoff()
    waits = [backoff.wait() for _ in range(8)]
    assert waits == sorted(waits)
    assert waits[-1] == LAST_SECONDS
    backoff.reset()
    assert backoff.wait() == waits[0]


@pytest.mark.parametrize("key", [key for key in LATIN if key.isalpha()])
def test_a_letter_is_bound_on_both_layouts(key: str) -> None:
    assert len(bound(key, "x", "key.help").key.split(",")) == 2

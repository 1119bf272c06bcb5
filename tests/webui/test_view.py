import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.status_tree import WELL
from webui import i18n, view

TEXTS = i18n.load()
RU, EN = TEXTS["ru"], TEXTS["en"]
NOW = 1_800_000_000.0


def but(**changes):
    return {part: {**tree, **changes.get(part, {})} if isinstance(tree, dict) else tree for part, tree in WELL.items()}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (WELL, "ok"),
        ({}, "degraded"),
        (but(modem={"up": False}), "degraded"),
        (but(modem={"sim": "absent"}), "degraded"),
        (but(modem={"sim": ""}), "ok"),
        (but(speech={"up": False}), "degraded"),
        (but(llm={"up": False}), "degraded"),
        (but(llm={"up": False, "allowed": False}), "ok"),
        ({**WELL, "alerts": [{"code": "x", "level": "warning"}]}, "degraded"),
        ({**WELL, "alerts": [{"code": "x", "level": "info"}]}, "ok"),
        ({**WELL, "alerts": "none"}, "ok"),
    ],
)
def test_one_word_says_how_the_box_is(status, word):
    assert view.health(status) == word


@pytest.mark.parametrize(
    ("status", "state", "headline", "detail"),
    [
        (WELL, "ok", "Ready to take calls", ""),
        ({}, "bad", "Calls are not answered", "No network"),
        (but(speech={"up": False}), "warn", "Works, but not all of it", ""),
        (but(modem={"up": False, "reason": "no_port"}), "bad", "Calls are not answered", "No modem is connected"),
        (
            but(modem={"sim": "puk_required"}),
            "bad",
            "Calls are not answered",
            "The SIM card is locked: it needs its PUK",
        ),
        (
            but(line={"state": "talking", "number_masked": "+7…67", "since": NOW - 130}),
            "busy",
            "Talking",
            "+7…67, for 2 min 10 s",
        ),
        (but(line={"state": "ringing", "number_masked": None}), "busy", "Ringing", "number withheld"),
        (but(line={"state": "talking", "since": NOW + 9}), "busy", "Talking", "number withheld"),
    ],
)
def test_the_headline_says_whether_calls_are_answered(status, state, headline, detail):
    page = view.present(status, [], EN, NOW)
    assert (page.state, page.headline, page.detail) == (state, headline, detail)


@pytest.mark.parametrize(
    ("dbm", "bars"), [(None, None), (-113, 0), (-105, 1), (-95, 2), (-80, 3), (-75, 4), (-65, 5), (-40, 5)]
)
def test_bars_follow_the_received_power(dbm, bars):
    assert view.bars_of(dbm) == bars
    status = but(modem={"bars": None, "signal_dbm": dbm})
    assert view.present(status, [], EN, NOW).tiles[0].bars == (bars or 0)


def test_starter_models_are_named_in_a_banner():
    assert view.present(WELL, [], EN, NOW).starter == ""
    starter = view.present(but(speech={"starter": True}, llm={"starter": True}), [], EN, NOW).starter
    assert starter == "Starter: recognition and voice, language model"


def test_a_model_that_may_not_speak_is_off_not_broken():
    tile = view.present(but(llm={"up": False, "allowed": False, "starter": True}), [], EN, NOW).tiles[2]
    assert (tile.state, tile.headline) == ("off", "Answers prepared questions")


def test_calls_show_only_the_ends_of_a_number():
    calls = [
        {"began": 0.0, "answered": 5.0, "ended": 65.0, "number": "+79161234567", "outcome": "answered"},
        {"number": None, "outcome": "missed"},
        {"number": "112", "outcome": "from-the-future"},
    ]
    rows = view.present(WELL, calls, RU, NOW).calls
    assert [row.number for row in rows] == ["+7\u2009···\u200967", "номер скрыт", "···"]
    assert [(row.outcome, row.tone, row.lasted) for row in rows] == [
        ("отвечен", "ok", "1 мин"),
        ("пропущен", "bad", ""),
        ("from-the-future", "ok", ""),
    ]


@pytest.mark.parametrize(("calls", "note"), [([], "Звонков ещё не было."), (None, "Список звонков сейчас недоступен.")])
def test_no_calls_and_no_list_are_told_apart(calls, note):
    assert view.present(WELL, calls, RU, NOW).calls_note == note


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 с"), (0, "0 с"), (59.9, "59 с"), (60, "1 мин"), (3605, "1 ч"), (7500, "2 ч 5 мин"), (93784, "1 д 2 ч")],
)
def test_durations_have_two_figures_at_most(seconds, text):
    assert view.duration(seconds, RU) == text


@pytest.mark.parametrize(
    ("count", "text"), [(2.14e10, "21,4 ГБ"), (310e6, "310 МБ"), (4096, "4 кБ"), (0, "0 МБ"), (-1, "0 МБ")]
)
def test_sizes_are_for_people(count, text):
    assert view.size(count, RU) == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
leaves = st.sampled_from(
    sorted({key for tree in WELL.values() if isinstance(tree, dict) for key in tree} | {"since", "reason"})
)


@given(
    st.dictionaries(st.sampled_from(sorted(WELL)), st.dictionaries(leaves, json_values, max_size=6) | json_values),
    st.lists(
        st.dictionaries(st.sampled_from(["began", "answered", "ended", "number", "outcome"]), json_values), max_size=3
    ),
)
def test_whatever_another_version_sends_makes_a_page(status, calls):
    page = view.present(status, calls, RU, NOW)
    assert page.headline
    assert len(page.tiles) == 4
    assert view.health(status) in {"ok", "degraded"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"ru": ["Модем не найден.", "Кабель."], "en": ["No modem.", "Cable."]}, ("No modem.", "Cable.")),
        ({"en": ["No modem."]}, ("нет", "дело")),
        ({"en": [1, 2]}, ("нет", "дело")),
        (None, ("нет", "дело")),
    ],
)
def test_an_alert_is_told_in_the_reader_s_language_where_the_core_knows_it(words, told):
    alert = {"code": "x", "level": "error", "text": "нет", "remedy": "дело", "words": words}
    (shown,) = view.present({"alerts": [alert]}, None, EN).alerts
    assert (shown.text, shown.remedy) == told

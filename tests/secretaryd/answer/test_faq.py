"""What callers say, as a recogniser writes it, and which ready answer fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.faq import FaqEntry, FaqIndex, Match, NoMatch
from secretaryd.answer.persona import Persona, faq_entries, load_questions, persona_for
from secretaryd.answer.template import parse_template
from secretaryd.answer.words import Lemmas


@pytest.fixture(scope="module")
def faq(lemmas: Lemmas, gulya: Persona) -> FaqIndex:
    return FaqIndex(faq_entries(gulya, load_questions("ru")), lemmas)


@pytest.fixture(scope="module")
def english(lemmas: Lemmas) -> FaqIndex:
    persona = persona_for("Gulya", language="en")
    return FaqIndex(faq_entries(persona, load_questions("en")), lemmas)


@pytest.mark.parametrize(
    ("heard", "entry", "how"),
    [
        ("во сколько вы открываетесь", "hours", "exact"),
        ("до скольки вы работаете сегодня", "hours", "exact"),
        ("а скажите вы сегодня до скольки работаете", "hours", "exact"),
        ("здравствуйте подскажите график работы", "hours", "exact"),
        ("вы работаете в выходные", "hours", "exact"),
        ("во сколько завтра открываетесь", "hours", "fuzzy"),
        ("здравствуйте меня зовут иван я хотел узнать до скольки вы работаете", "hours", "exact"),
        ("как вас найти", "directions", "exact"),
        ("подождите какой у вас адрес", "address", "exact"),
        ("у вас адрес какой напомните", "address", "fuzzy"),
        ("здравствуйте подскажите ваш адрес", "address", "exact"),
        ("добрый день подскажите сколько стоит доставка", "delivery", "exact"),
        ("можно оплатить по карте", "payment", "fuzzy"),
        ("алло добрый день подскажите какие у вас услуги", "services", "exact"),
        ("сколько сейчас времени", "time", "exact"),
        ("какой день недели сегодня", "date", "exact"),
        ("с кем я говорю", "who", "exact"),
        ("это робот", "robot", "exact"),
        ("здравствуйте соедините с человеком", "human", "exact"),
        ("добрый день я хочу оставить сообщение", "message", "exact"),
        ("перезвоните мне пожалуйста", "callback", "exact"),
        ("это анна попросите перезвонить мне завтра утром", "callback", "fuzzy"),
        ("повторите пожалуйста", "repeat", "exact"),
        ("алло", "hello", "exact"),
        ("спасибо", "thanks", "exact"),
        ("понятно до свидания", "goodbye", "exact"),
        ("спасибо всего хорошего", "goodbye", "exact"),
    ],
)
def test_a_question_finds_its_answer(faq: FaqIndex, heard: str, entry: str, how: str) -> None:
    found = faq.match(heard)
    assert isinstance(found, Match), found
    assert (found.entry.id, found.how) == (entry, how)
    assert (found.score == 100) == (how == "exact")


@pytest.mark.parametrize(
    "heard",
    [
        "я работаю до шести перезвоните",
        "мне сказали что вы работаете до шести",
        "вы работаете с юридическими лицами",
        "до скольки работает курьер",
        "встреча переносится на субботу",
        "добрый день скажите заказ доставят прямо к двери",
        "сколько ждать заказ",
        "здравствуйте где мой заказ",
        "доставка не приехала где мой заказ",
        "сколько стоит букет",
        "сколько стоит маникюр",
        "адрес запишите улица мира дом пять",
        "передайте директору что договор подписан",
        "меня зовут павел соколов я звоню по поводу ремонта",
        "мой номер восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять",
        "не работает телефон хочу вернуть товар",
        "предлагаем вам кредит на выгодных условиях",
        "я приеду завтра",
        "стоп",
        "да верно",
        "нет не надо",
        "нет",
        "да",
    ],
)
def test_a_near_miss_is_left_to_the_model(faq: FaqIndex, heard: str) -> None:
    found = faq.match(heard)
    assert isinstance(found, NoMatch), found
    assert found.reason == "below"


@pytest.mark.parametrize(
    ("heard", "entry"),
    [
        ("hello what are your opening hours", "hours"),
        ("could you tell me where you are located", "address"),
        ("can i pay by credit card", "payment"),
        ("are you a robot", "robot"),
        ("please call me back", "callback"),
        ("thank you goodbye", "goodbye"),
    ],
)
def test_english_questions_find_their_answers(english: FaqIndex, heard: str, entry: str) -> None:
    found = english.match(heard)
    assert isinstance(found, Match), found
    assert found.entry.id == entry


def entry(entry_id: str, *variants: str) -> FaqEntry:
    return FaqEntry(entry_id, variants, parse_template("x"))


def test_exact_goes_before_fuzzy(lemmas: Lemmas) -> None:
    faq = FaqIndex([entry("long", "сколько стоит доставка мебели"), entry("short", "сколько стоит доставка")], lemmas)
    assert faq.match("сколько стоит доставка").entry.id == "short"  # type: ignore[union-attr]


@pytest.mark.parametrize("heard", ["сколько стоит доставка", "доставка стоит сколько", "сколько стоит доставка книг"])
def test_two_entries_that_fit_alike_are_a_tie(lemmas: Lemmas, heard: str) -> None:
    faq = FaqIndex([entry("a", "сколько стоит доставка"), entry("b", "стоит доставка сколько")], lemmas)
    found = faq.match(heard)
    assert isinstance(found, NoMatch)
    assert found.reason == "tie"
    assert {name for name, _ in found.best} == {"a", "b"}


@pytest.mark.parametrize("heard", ["", "   ", "?!", "\n\t"])
def test_nothing_heard_matches_nothing(faq: FaqIndex, heard: str) -> None:
    assert faq.match(heard) == NoMatch("empty")


def test_an_empty_faq_matches_nothing(lemmas: Lemmas) -> None:
    assert FaqIndex([], lemmas).match("график работы") == NoMatch("below")


def test_a_misheard_long_word_still_counts(faq: FaqIndex) -> None:
    found = faq.match("во сколько вы открывается")
    assert isinstance(found, Match)
    assert found.entry.id == "hours"


def test_every_wording_finds_its_own_entry(faq: FaqIndex, english: FaqIndex) -> None:
    for index in (faq, english):
        for one in index.entries:
            for wording in one.variants:
                found = index.match(wording)
                assert isinstance(found, Match), (wording, found)
                assert found.entry.id == one.id, wording


@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(["вы", "до", "скольки", "работаете", "{x}", "{current_time}", "%s", "\x00", "адрес", "а"])
    ).map(" ".join)
)
def test_hostile_text_never_raises(heard: str) -> None:
    found = _SHARED.match(heard)
    assert isinstance(found, Match | NoMatch)
    if isinstance(found, Match):
        assert 0 < found.score <= 100


_SHARED = FaqIndex(faq_entries(persona_for(), load_questions("ru")), Lemmas())


@pytest.mark.parametrize("heard", ["\U00017000", "\ud800", "\u0301\u0301", "a" * 5000, "-", "{hours}", "%(x)s"])
def test_odd_characters_never_raise(heard: str) -> None:
    assert isinstance(_SHARED.match(heard), NoMatch)


def test_a_flood_of_words_is_bounded() -> None:
    assert isinstance(_SHARED.match("до скольки вы работаете " * 100_000), NoMatch)

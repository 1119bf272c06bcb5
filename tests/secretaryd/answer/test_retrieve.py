"""Which fact answers a question, and when none is said to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.asking import asks
from secretaryd.answer.likeness import Vocabulary, likeness
from secretaryd.answer.persona import Fact, Persona, persona_for
from secretaryd.answer.requests import Requests
from secretaryd.answer.retrieve import SURE, FactIndex
from secretaryd.answer.template import TOPICS
from secretaryd.answer.topics_table import NEVER, load_topics
from secretaryd.answer.words import Lemmas

PRICES = Fact("prices", "Цены", "чистка зубов 4500 рублей, пломба от 3900 рублей, осмотр бесплатно", "Чистка зубов…")
DELIVERY = Fact("delivery", "Доставка", "300 рублей по городу", "Доставка 300 рублей.")
SERVICES = Fact("services", "Услуги", "лечение и отбеливание зубов", "Мы лечим и отбеливаем зубы.")


def sure(index: FactIndex, question: str) -> str:
    return "".join(found.fact.topic for found in index.best(question, floor=SURE))


@pytest.fixture(scope="module")
def clinic(lemmas: Lemmas) -> FactIndex:
    return FactIndex([PRICES, DELIVERY, SERVICES], lemmas)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("сколько стоит чистка", "prices"),
        ("почём чистка зубов", "prices"),
        ("пломба во сколько обойдётся", "prices"),
        ("сколько стоит поставить пломбу", "prices"),
        ("осмотр платный", "prices"),
        ("какие у вас цены", "prices"),
        ("сколько стоит доставка", "delivery"),
        ("доставка пасты сколько стоит", "delivery"),
        ("зубы отбеливаете", "services"),
        ("сколько стоит отбеливание", ""),
        ("сколько стоит удалить зуб", ""),
        ("почём коронка", ""),
        ("сколько стоит", ""),
        ("сколько это стоит", ""),
        ("чистка ковров сколько стоит", ""),
        ("какая у вас зарплата", ""),
        ("есть ли парковка", ""),
        ("вы обещали бесплатную чистку", ""),
        ("когда приедет моя доставка", ""),
        ("вчера была чистка", ""),
    ],
)
def test_a_price_is_that_of_the_thing_asked_about(clinic: FactIndex, question: str, topic: str) -> None:
    assert sure(clinic, question) == topic


@pytest.mark.parametrize(
    "question",
    ["у вас есть скидки", "какие акции", "вы гарантируете свежесть", "можно вернуть букет", "какой у вас сайт"],
)
def test_a_topic_that_there_is_no_fact_of_hides_the_others(gulya: Persona, lemmas: Lemmas, question: str) -> None:
    assert sure(FactIndex(gulya.facts, lemmas), question) == ""


def test_at_most_one_fact_is_sure(gulya: Persona, lemmas: Lemmas) -> None:
    index = FactIndex(gulya.facts, lemmas)
    for question in ("сколько стоит доставка и где парковка", "адрес и часы работы", "доставка оплата парковка адрес"):
        assert len(index.best(question, limit=9, floor=SURE)) <= 1


def test_english_facts_are_found_by_the_english_table(lemmas: Lemmas) -> None:
    index = FactIndex(persona_for("Лидия", language="en").facts, lemmas, "en")
    assert sure(index, "what do you charge for delivery") == "delivery"
    assert sure(index, "how long is the guarantee") == "warranty"
    assert sure(index, "how much is a new screen") == ""


def test_an_unknown_language_has_only_the_facts_own_words(lemmas: Lemmas) -> None:
    index = FactIndex([DELIVERY], lemmas, "xx")
    assert [found.fact.topic for found in index.best("что доставка", floor=0.1)] == ["delivery"]


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["сколько", "стоит", "доставка", "мой", "вы", "до", "5", "{", "_", "|"])).map(" ".join)
)
def test_any_words_can_be_looked_up(question: str) -> None:
    found = _INDEX.best(question, limit=9, floor=0.0)
    assert all(0 <= one.score <= 1 for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert _INDEX.best(question, limit=9, floor=0.0) == found


_LEMMAS = Lemmas()
_INDEX = FactIndex(persona_for().facts, _LEMMAS)


@pytest.mark.parametrize(
    ("heard", "question"),
    [
        ("до скольки вы работаете", True),
        ("адрес", True),
        ("можно картой", True),
        ("привезут завтра", True),
        ("я приеду завтра", False),
        ("доставка не приехала", False),
        ("сделайте скидку", False),
        ("у меня сломался телефон", False),
        ("встреча переносится на субботу мы уже договорились обо всём", False),
    ],
)
def test_a_question_is_told_from_a_statement(lemmas: Lemmas, heard: str, question: bool) -> None:
    assert asks(lemmas.tokens(heard), lemmas) is question


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("чистка", "почистить", True),
        ("ремонт", "ремонтировать", True),
        ("протез", "протезирование", True),
        ("доставка", "доставкка", True),
        ("доставить", "поставить", False),
        ("стоянка", "стоить", False),
        ("постоянный", "стоянка", False),
        ("дом", "дома", False),
        ("роза", "розетка", False),
    ],
)
def test_words_of_one_root_are_alike(one: str, other: str, alike: bool) -> None:
    assert bool(likeness(one, other)) is alike
    assert likeness(one, other) == likeness(other, one)
    assert bool(dict(Vocabulary([other]).near(one))) is alike


@pytest.mark.parametrize(
    ("heard", "request_id"),
    [
        ("соедините меня с кем нибудь живым", "human"),
        ("дайте трубку директору", "human"),
        ("пусть мне позвонит мастер", "callback"),
        ("свяжитесь со мной завтра", "callback"),
        ("передайте ему что я опоздаю", "message"),
        ("запишите что звонил сергей", "message"),
        ("вчера разговаривал с вашим менеджером", None),
        ("мне никто не звонил", None),
        ("сколько стоит доставка", None),
        ("", None),
    ],
)
def test_a_request_is_understood_in_free_words(lemmas: Lemmas, heard: str, request_id: str | None) -> None:
    assert Requests(load_topics("ru", lemmas), lemmas).of(heard) == request_id


def test_a_never_pattern_takes_a_topic_back(lemmas: Lemmas) -> None:
    topics = load_topics("ru", lemmas)
    hours = topics.topics["hours"]
    plain, _ = hours.weigh(topics.read(lemmas.tokens("до скольки вы работаете")))
    denied, _ = hours.weigh(topics.read(lemmas.tokens("до скольки работает курьер")))
    assert plain > 0.9
    assert denied <= NEVER


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_table_is_of_known_topics(lemmas: Lemmas, language: str) -> None:
    assert set(load_topics(language, lemmas).topics) <= TOPICS

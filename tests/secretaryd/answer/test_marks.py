"""Marks are found however the text is cut, and nothing else between brackets is spoken; what they may cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.broker import CallState, Intent, decide, dismisses, promises_transfer, says_goodbye
from secretaryd.answer.marks import MAX_MARK, Mark, MarkFilter

M = Mark
CASES = [
    ("Спасибо, я всё передам. <message>", ["Спасибо, я всё передам. ", M.MESSAGE]),
    ("До свидания! <hangup>", ["До свидания! ", M.HANG_UP]),
    ("<transfer>Соединяю", [M.TRANSFER, "Соединяю"]),
    ("<HangUp>", [M.HANG_UP]),
    ("< message >", [M.MESSAGE]),
    ("<message/><message>", [M.MESSAGE, M.MESSAGE]),
    ("а<|im_end|>б", ["а б"]),
    ("<b>жирно</b>", [" жирно "]),
    ("**важно** и `код` # раз", ["важно и код  раз"]),
    ("5 < 7 и 8 > 3", ["5   3"]),
    ("<" + "x" * (MAX_MARK + 5) + ">", ["x" * (MAX_MARK + 5)]),
    ("<<message>>", [M.MESSAGE]),
    ("конец <mess", ["конец "]),
    ("строка\nдругая", ["строка другая"]),
    ("улыбка 😀", ["улыбка "]),
    ("", []),
]


def run(pieces: list[str]) -> list[str | Mark]:
    found = MarkFilter()
    parts = [part for piece in pieces for part in found.feed(piece)] + found.close()
    joined: list[str | Mark] = []
    for part in parts:
        if isinstance(part, Mark) or not joined or isinstance(joined[-1], Mark):
            joined.append(part)
        else:
            joined[-1] += part
    return joined


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(("text", "out"), CASES)
def test_marks_are_taken_out_at_any_cut(text: str, out: list[str | Mark], size: int) -> None:
    assert run([text[i : i + size] for i in range(0, len(text), size)]) == out


@given(st.lists(st.text(alphabet="<>/ mesaghnup|*абв.\n", max_size=8), max_size=20))
def test_the_cut_never_matters_and_no_bracket_is_spoken(pieces: list[str]) -> None:
    out = run(pieces)
    assert out == run(["".join(pieces)])
    assert not any("<" in part or ">" in part for part in out if not isinstance(part, Mark))


def test_a_bracket_that_never_closes_holds_little() -> None:
    found = MarkFilter()
    for _ in range(1000):
        found.feed("<abc")
        assert len(found._held) <= MAX_MARK + 1


@pytest.mark.parametrize(
    ("mark", "state", "intent"),
    [
        (M.MESSAGE, CallState(), Intent.TAKE_MESSAGE),
        (M.HANG_UP, CallState(), None),
        (M.HANG_UP, CallState(caller_phrases=3), None),
        (M.HANG_UP, CallState(caller_phrases=0, goodbye_heard=True), None),
        (M.HANG_UP, CallState(caller_phrases=0, hang_up_allowed=True), None),
        (M.HANG_UP, CallState(caller_phrases=1, goodbye_heard=True), Intent.HANG_UP),
        (M.HANG_UP, CallState(caller_phrases=1, hang_up_allowed=True), Intent.HANG_UP),
        (M.TRANSFER, CallState(caller_phrases=1, goodbye_heard=True, hang_up_allowed=True), Intent.OFFER_MESSAGE),
    ],
)
def test_a_mark_causes_only_what_the_table_allows(mark: Mark, state: CallState, intent: Intent | None) -> None:
    assert decide(mark, state) is intent


@given(st.sampled_from(Mark), st.integers(0, 5), st.booleans(), st.booleans())
def test_nobody_is_hung_up_on_without_a_word(mark: Mark, phrases: int, goodbye: bool, allowed: bool) -> None:
    intent = decide(mark, CallState(phrases, goodbye, allowed))
    if intent is Intent.HANG_UP:
        assert phrases
        assert goodbye or allowed


@pytest.mark.parametrize(
    ("heard", "leaves"),
    [
        ("спасибо до свидания", True), ("всего доброго", True), ("пока", True), ("ну всё пока", True),
        ("нет спасибо", True), ("больше вопросов нет", True), ("thank you goodbye", True), ("bye", True),
        ("пока не знаю", False), ("пока нет", False), ("я пока подумаю и перезвоню", False), ("добрый день", False),
        ("доброго дня", False), ("до скольки вы работаете", False), ("", False), ("спасибо", False),
    ],
)  # fmt: skip
def test_goodbyes_are_known(heard: str, leaves: bool) -> None:
    assert says_goodbye(heard) is leaves


def test_a_promise_to_connect_is_noticed() -> None:
    assert promises_transfer("Минуту, соединяю с директором.")
    assert not promises_transfer("К сожалению, соединить не могу.")


@pytest.mark.parametrize("sentence", ["Всего доброго!", "Нам это не интересно.", "Вы ошиблись номером."])
def test_nobody_is_sent_away_unasked(sentence: str) -> None:
    assert dismisses(sentence, CallState(caller_phrases=1))
    assert not dismisses(sentence, CallState(caller_phrases=1, goodbye_heard=True))
    assert not dismisses(sentence, CallState(caller_phrases=1, hang_up_allowed=True))
    assert not dismisses("Очень приятно.", CallState())

"""What words may cause. PURE. Only a model's marks and the actions of FAQ entries come here, never a caller's text; and
only what stands in the table can come out, whatever the words were."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from secretaryd.answer.marks import Mark
from secretaryd.answer.words import plain_words, word_set


class Intent(StrEnum):
    """Everything that an answer can cause."""

    TAKE_MESSAGE = "take_message"
    HANG_UP = "hang_up"
    OFFER_MESSAGE = "offer_message"
    """Asked for something that this version cannot do: a message is offered in its place."""


@dataclass(frozen=True, slots=True)
class CallState:
    """What the broker must know. `caller_phrases` counts those with words in them, the present one included."""

    caller_phrases: int = 0
    goodbye_heard: bool = False
    hang_up_allowed: bool = False
    """The flow lets the model end the call without a goodbye."""


def _may_hang_up(state: CallState) -> Intent | None:
    allowed = state.caller_phrases > 0 and (state.goodbye_heard or state.hang_up_allowed)
    return Intent.HANG_UP if allowed else None


TABLE: Final[dict[Mark, Callable[[CallState], Intent | None]]] = {
    Mark.MESSAGE: lambda _: Intent.TAKE_MESSAGE,
    Mark.HANG_UP: _may_hang_up,
    Mark.TRANSFER: lambda _: Intent.OFFER_MESSAGE,
}


def decide(mark: Mark, state: CallState) -> Intent | None:
    """The intent that a mark may become in this state; None where it is refused."""
    return TABLE[mark](state)


_GOODBYE_PAIRS = frozenset(
    {
        ("до", "свидания"), ("до", "свидание"), ("всего", "доброго"), ("всего", "хорошего"), ("всех", "благ"),
        ("до", "встречи"), ("до", "связи"), ("хорошего", "дня"), ("доброго", "дня"), ("good", "bye"), ("see", "you"),
        ("нет", "спасибо"), ("всё", "спасибо"), ("все", "спасибо"), ("больше", "ничего"), ("that", "is"),
        ("вопросов", "нет"), ("nice", "day"), ("nothing", "else"),
    }
)  # fmt: skip
_GOODBYE_WORDS = word_set("свидания пока прощайте счастливо goodbye bye")
_NOT_GOODBYE = frozenset({("пока", "не"), ("пока", "нет"), ("пока", "что"), ("доброго", "дня")})
_PROMISES = word_set("соединяю переключаю перевожу соединю переключу переведу connecting transferring")


def says_goodbye(heard: str) -> bool:
    """Whether a caller's phrase takes leave. "пока" alone does, "пока не знаю" does not."""
    words = plain_words(heard)
    pairs = set(pairwise(words))
    if pairs & (_GOODBYE_PAIRS - _NOT_GOODBYE):
        return True
    if not set(words) & _GOODBYE_WORDS:
        return False
    return not pairs & _NOT_GOODBYE and (words[-1] in _GOODBYE_WORDS or len(words) <= 3)


_REBUFFS = frozenset({("не", "интересно"), ("ошиблись", "номером"), ("wrong", "number"), ("not", "interested")})


def dismisses(sentence: str, state: CallState) -> bool:
    """Whether a sentence of the model sends away a caller who has not taken leave: what may not be done is not said."""
    if state.goodbye_heard or state.hang_up_allowed:
        return False
    return says_goodbye(sentence) or bool(set(pairwise(plain_words(sentence))) & _REBUFFS)


def promises_transfer(sentence: str) -> bool:
    """Whether a sentence of the model promises to put the caller through, which cannot be kept."""
    return bool(set(plain_words(sentence)) & _PROMISES)

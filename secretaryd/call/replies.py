"""Short replies to what we asked: is it yes, no, or the thing itself? PURE."""

from enum import StrEnum
from typing import Final

from secretaryd.answer.broker import says_goodbye
from secretaryd.answer.collect import Asked, Collector, Fields
from secretaryd.answer.collect_numbers import normalised, number_runs
from secretaryd.answer.words import plain_words, word_set

FIRST_WORDS: Final = 3
"""Consent shows in the first words, and so does its refusal: "да нет, не надо"."""
REFUSAL_WORDS: Final = 4

YES: Final = word_set("да давайте хорошо ладно конечно ага угу yes yeah sure okay ok")
NO: Final = word_set("нет не no not dont")
_RIGHT: Final = YES | word_set(
    "верно правильно точно именно так все спасибо правильный верный right correct exactly thanks"
)
_WRONG: Final = NO | word_set("неверно неправильно неверный неправильный ошибка ошиблись wrong incorrect")
_WILL: Final = YES | word_set("""
    хочу можно оставлю оставить запишите сообщение пожалуйста спасибо я буду с удовольствием
    want to leave a message please i
""")
_REFUSING: Final = word_set("""
    я да нет не надо нужно ничего спасибо хочу буду передумал передумала уже это все ни в коем случае пожалуй
    no not dont need nothing thanks thank you i want to
""")
_REFUSALS: Final = word_set("нет не ничего передумал передумала no not nothing dont")
_TELLING: Final = (
    ("передайте",), ("передай",), ("скажите", "что"), ("скажите", "ему"), ("скажите", "ей"), ("сообщите",),
    ("запишите",), ("пусть",), ("меня", "зовут"), ("это",), ("я", "звоню"), ("звоню",), ("мой", "номер"),
    ("я", "по", "поводу"),
    ("tell",), ("please", "tell"), ("my", "name"), ("this", "is"), ("i", "am", "calling"),
)  # fmt: skip


class Meant(StrEnum):
    """A reply to the offer of a message, or to "anything else?"."""

    DICTATES = "dictates"
    ACCEPTS = "accepts"
    DECLINES = "declines"
    NOTHING_MORE = "nothing_more"
    SOMETHING_MORE = "something_more"


class Verdict(StrEnum):
    """Of a caller who heard his number read back."""

    RIGHT = "right"
    WRONG = "wrong"
    CHANGED = "changed"
    UNCLEAR = "unclear"


def consents(heard: str) -> bool:
    """Whether a phrase takes up an offer. A goodbye never does, however kind its first words are."""
    words = plain_words(heard)[:FIRST_WORDS]
    return bool(YES.intersection(words[:2])) and not NO.intersection(words) and not says_goodbye(heard)


def only_consents(heard: str) -> bool:
    """... and says nothing else that should be passed on."""
    return consents(heard) and _WILL.issuperset(plain_words(heard))


def refuses(heard: str) -> bool:
    """Whether a phrase turns an offer down, and says nothing more."""
    words = plain_words(heard)
    return 0 < len(words) <= REFUSAL_WORDS and bool(_REFUSALS.intersection(words)) and _REFUSING.issuperset(words)


def tells(heard: str) -> bool:
    """Whether who was offered a message begins to dictate it at once."""
    words = tuple(word for word in plain_words(heard) if word not in YES)
    return any(words[: len(lead)] == lead for lead in _TELLING)


def meant(heard: str, *, offered: bool, asked_more: bool) -> Meant | None:
    """What a phrase means as a reply: a message was `offered`, or it was asked whether there is anything else. None
    where it is no reply, and for a goodbye to an offer, which is answered as any goodbye."""
    if offered and tells(heard):
        return Meant.DICTATES
    if offered and consents(heard):
        return Meant.ACCEPTS
    if asked_more and refuses(heard):
        return Meant.NOTHING_MORE
    if offered and refuses(heard) and not says_goodbye(heard):
        return Meant.DECLINES
    return Meant.SOMETHING_MORE if asked_more and only_consents(heard) else None


def number_checked(heard: str, fields: Fields, collector: Collector) -> tuple[Verdict, str]:
    """What a caller says to the number as it was read back, and the number as it is then. "Не сорок пять, а сорок
    шесть" changes the one place where that stands; a single unit after "… восемьдесят" belongs to it."""
    words, number = plain_words(heard), fields.number
    if whole := collector.continued(fields, heard):
        return (Verdict.RIGHT if whole == number else Verdict.CHANGED), whole
    if (changed := _exchanged(words, number)) is not None:
        return Verdict.CHANGED, changed
    told = collector.add(Fields(), heard, Asked.NUMBER).number
    if told:
        return (Verdict.RIGHT if told == number else Verdict.CHANGED), told
    first = words[:FIRST_WORDS]
    if _WRONG.intersection(first):
        return Verdict.WRONG, number
    if _RIGHT.intersection(first) or says_goodbye(heard):
        return Verdict.RIGHT, number
    return Verdict.UNCLEAR, number


def _exchanged(words: list[str], number: str) -> str | None:
    """The number with one group of digits in another's place; None where that was not said or is not clear."""
    runs = number_runs(words)
    if len(runs) != 2 or runs[0].start == 0 or words[runs[0].start - 1] not in ("не", "not"):
        return None
    old, new = runs[0].digits, runs[1].digits
    bare = number.removeprefix("+")
    if len(old) != len(new) or bare.count(old) != 1:
        return None
    changed = bare.replace(old, new)
    return normalised(("+" if number.startswith("+") else "") + changed)

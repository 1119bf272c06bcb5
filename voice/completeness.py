"""PURE: does a phrase heard so far sound finished? Judged by its last words, for Russian and English.

A rule of thumb, to be asked many times while somebody speaks; wrong guesses cost a few tenths of a second. Texts are
what recognisers write: lower case, no punctuation, numbers as words (digits are understood too).
"""

from enum import StrEnum

from voice.finished import TABLES, Tables, plain


class Completeness(StrEnum):
    """How finished a phrase sounds."""

    COMPLETE = "complete"
    LIKELY = "likely"
    """All there is to say, most likely, though some people add to it."""
    NORMAL = "normal"
    INCOMPLETE = "incomplete"


class Expecting(StrEnum):
    """What the caller was asked for; a text is judged as an answer to that."""

    ANYTHING = "anything"
    YES_NO = "yes_no"
    """Whether something that was read back to him is right: yes, no, or what stands in its place."""
    NAME = "name"
    NUMBER = "number"
    MATTER = "matter"


MIN_DICTATED = 4
"""Digits: so many in a row are a phone number, not a date or a price."""
MAX_DICTATED = 11
CLOSED_AT = 10
MISHEARD_AFTER = 3
"""Number words: so many before a word that is none are dictation."""
QUESTION_TAIL = 2
SHORTEST_REQUEST = 2
LONGEST_QUESTION = 8
"""Words: what goes on for longer behind a question word is a story."""
SHORTEST_VERB = 6
FULL_NAME = 2
"""Words: first name and surname."""


def completeness(text: str, language: str = "ru", expecting: Expecting = Expecting.ANYTHING) -> Completeness:
    """Unknown languages are judged NORMAL always."""
    tables = TABLES.get(language)
    words = plain(text).split()
    if tables is None or not words:
        return Completeness.NORMAL
    return (
        _as_asked(words, tables, expecting)
        or _number(words, tables)
        or _ending(words, tables)
        or _whole(words, tables, expecting)
    )


def is_made_up(text: str, language: str = "ru") -> bool:
    """Whether the last word is one that a recogniser makes up in silence."""
    tables, words = TABLES.get(language), plain(text).split()
    return tables is not None and bool(words) and words[-1] in tables.made_up


def is_prelude(text: str, language: str = "ru") -> bool:
    """Whether it is nothing but what comes before the matter: a greeting, "алло", "скажите"."""
    tables = TABLES.get(language)
    return tables is not None and tables.preludes.issuperset(plain(text).split())


def _as_asked(words: list[str], tables: Tables, expecting: Expecting) -> Completeness | None:
    """What the question itself tells of an answer; None where it tells nothing."""
    match expecting:
        case Expecting.NUMBER:
            digits, _ = _trailing_number(words, tables)
            # Any digit is a part of the number, however short it still is.
            unfinished = 0 < len(digits) <= MAX_DICTATED and not _closed(digits, tables)
            return Completeness.INCOMPLETE if unfinished else None
        case Expecting.YES_NO:
            digits, before = _trailing_number(words, tables)
            if digits and len(digits) < MIN_DICTATED and before and before[-1] in tables.instead:
                told = any(_is_number(word, tables) for word in before)
                return None if told else Completeness.INCOMPLETE
            if words[-1] in tables.dangling or not tables.verdicts.issuperset(words):
                return None
            # Behind a "нет" the right number often follows.
            return Completeness.COMPLETE if tables.denials.isdisjoint(words) else Completeness.LIKELY
        case Expecting.NAME:
            return Completeness.LIKELY if _is_full_name(words, tables) else None
        case _:
            return None


def _is_full_name(words: list[str], tables: Tables) -> bool:
    text = " ".join(words)
    lead = next((lead for lead in tables.name_leads if text.startswith(lead + " ")), "")
    name = words[len(lead.split()) :]
    known = tables.dangling | tables.answers | tables.preludes
    return len(name) >= FULL_NAME and name[-1] not in tables.dangling and known.isdisjoint(name[:FULL_NAME])


def _closed(digits: str, tables: Tables) -> bool:
    return any(len(digits) == length and digits[0] in first for length, first in tables.closed)


def trailing_digits(text: str, language: str = "ru") -> str:
    """The number that the text ends with, as dictated: "восемь девятьсот двенадцать" -> "8912"; empty for none."""
    tables = TABLES.get(language)
    return "" if tables is None else _trailing_number(plain(text).split(), tables)[0]


def _number(words: list[str], tables: Tables) -> Completeness | None:
    digits, before = _trailing_number(words, tables)
    if not digits:
        # A word that fits nothing after a good part of a number is a digit misheard, not the end.
        digits, before = _trailing_number(words[:-1], tables)
        dictated = len(words) - 1 - len(before) >= MISHEARD_AFTER
        return Completeness.INCOMPLETE if dictated and len(digits) < CLOSED_AT else None
    if _closed(digits, tables):
        # "… восемьдесят" may still become восемьдесят девять, and a wrong number costs more than a wait.
        open_ended = words[-1] in tables.tens or words[-1] in tables.hundreds
        return Completeness.INCOMPLETE if open_ended else Completeness.COMPLETE
    heralded = any(word in tables.number_heralds for word in before[-2:])
    alone = not before and (len(digits) >= MIN_DICTATED - 1 or digits[0] in tables.trunk)
    if len(digits) <= MAX_DICTATED and (len(digits) >= MIN_DICTATED or heralded or alone):
        return Completeness.INCOMPLETE
    return Completeness.NORMAL


def _ending(words: list[str], tables: Tables) -> Completeness | None:
    text = " " + " ".join(words)
    if any(text.endswith(" " + goodbye) for goodbye in tables.goodbyes):
        return Completeness.COMPLETE
    if words[-1] in tables.dangling or any(text.endswith(" " + ending) for ending in tables.hanging):
        return Completeness.INCOMPLETE
    if words[-1] in tables.subjects and tables.preludes.issuperset(words[:-1]):
        return Completeness.INCOMPLETE
    return _politely(words, tables) if words[-1] == tables.please and len(words) > 1 else None


def _politely(words: list[str], tables: Tables) -> Completeness:
    """A text that ends with "please"."""
    text = " " + " ".join(words[:-1])
    if words[-2] in tables.asking or any(text.endswith(" " + ending) for ending in tables.hanging):
        return Completeness.INCOMPLETE
    # One word before it that asks for nothing is as likely a "подскажите" misheard, with the question still to come.
    known = tables.requests | tables.answers
    return Completeness.COMPLETE if len(words) > SHORTEST_REQUEST or words[0] in known else Completeness.NORMAL


def _whole(words: list[str], tables: Tables, expecting: Expecting) -> Completeness:
    if words[0] in tables.openers and tables.answers.issuperset(words):
        return Completeness.COMPLETE
    asking = tables.questions | tables.requests
    asked = max((i for i, word in enumerate(words) if word in asking), default=len(words))
    if QUESTION_TAIL < len(words) - asked <= LONGEST_QUESTION or _yes_no(words, tables):
        # Who tells what he called for goes on more often than he asks; "нужно заказать" is heard as "можно заказать".
        return Completeness.LIKELY if expecting is Expecting.MATTER else Completeness.COMPLETE
    text = " " + " ".join(words)
    wish = any(text.endswith(" " + wish) for wish in tables.wishes)
    return Completeness.LIKELY if wish else Completeness.NORMAL


def _yes_no(words: list[str], tables: Tables) -> bool:
    start = next((i for i, word in enumerate(words) if word not in tables.preludes), len(words))
    text = " ".join(words[start:])
    if _asked_last(words[start:], tables):
        return True
    begun = any((text + " ").startswith(beginning + " ") for beginning in tables.yes_no)
    return text in tables.whole or (begun and len(words) - start >= tables.yes_no_words)


def _asked_last(words: list[str], tables: Tables) -> bool:
    """ "В понедельник вы работаете", "вы в субботу до скольки": what is asked about, then the question."""
    text = " ".join(words)
    tail = next((tail for tail in tables.tails if text.endswith(" " + tail)), "")
    before = words[: -len(tail.split())] if tail else words[:-1]
    about = [word for word in before if word not in tables.preludes and word != tables.you]
    if not about or not tables.joints.isdisjoint(before):
        return False
    asked_of = len(words[-1]) >= SHORTEST_VERB and words[-1].endswith(tables.asked_of)
    return bool(tail) or (asked_of and words[-1] not in tables.requests and words[-1] not in tables.asking)


def _trailing_number(words: list[str], tables: Tables) -> tuple[str, list[str]]:
    """(digits, words before the number)."""
    start = len(words)
    while start > 0 and (_is_number(words[start - 1], tables) or words[start - 1] in tables.number_glue):
        start -= 1
    return _digits(words[start:], tables), words[:start]


def _is_number(word: str, tables: Tables) -> bool:
    return (
        word.isdigit() or word in tables.hundreds or word in tables.tens or word in tables.teens or word in tables.units
    )


def _digits(words: list[str], tables: Tables) -> str:
    """Groups as they are spoken: a hundred takes the ten or unit behind it, a ten takes the unit."""
    out: list[str] = []
    room = 0  # trailing zeros of the last group that what follows may replace
    for word in words:
        if word.isdigit():
            out.append(word)
            room = 0
        elif word in tables.hundreds:
            out.append(tables.hundreds[word] + "00")
            room = 2
        elif (two := tables.tens.get(word) or tables.teens.get(word)) is not None:
            out.append(out.pop()[:-2] + two if room == 2 else two)
            room = 1 if word in tables.tens else 0
        elif word in tables.units:
            # A zero stands alone: nobody says it within a group.
            joins = room > 0 and tables.units[word] != "0"
            out.append(out.pop()[:-1] + tables.units[word] if joins else tables.units[word])
            room = 0
    return "".join(out)

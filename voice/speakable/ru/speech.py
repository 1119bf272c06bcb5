"""The Russian pipeline: which step comes before which."""

import re
from typing import Final

from voice.speakable.clean import STRESS, plain, strip_markup, tidy
from voice.speakable.ru.amounts import amounts
from voice.speakable.ru.dates import dates
from voice.speakable.ru.grammar import Grammar
from voice.speakable.ru.names import abbreviations, addresses_of_net, initials
from voice.speakable.ru.phones import phones

PASSES: Final = 3
"""A pass over words changes nothing; text that grows into new abbreviations by cleaning settles within three."""

_SIGNS: Final = {
    "%": " процентов ", "$": " долларов ", "€": " евро ", "₽": " рублей ", "№": " номер ", "°": " градусов ",
    "&": " и ",
    "@": " собака ", "§": " параграф ", "+": " плюс ", "=": " равно ", "~": " примерно ", "≈": " примерно ",
}  # fmt: skip
_SIGN_RE = re.compile("[" + re.escape("".join(_SIGNS)) + "]")
_E_WORD = re.compile(rf"[А-Яа-яЁё{STRESS}]*[еЕ][А-Яа-яЁё{STRESS}]*")
_WHAT = re.compile(r"(?<!\w)((?:[оО]|[вВ]|[нН]а|[пП]ри|[оО]б)\s)([чн])ем(?!\w)")


def speak_russian(text: str, grammar: Grammar) -> str:
    """Spoken Russian words for `text`: no digits, no markup; the same again when given its own output."""
    text = plain(text)
    for _ in range(PASSES):
        spoken = _once(text, grammar)
        if spoken == text:
            break
        text = spoken
    return text


def _once(text: str, grammar: Grammar) -> str:
    text = strip_markup(text)
    text = addresses_of_net(text, grammar)
    text = phones(text, grammar)
    text = abbreviations(text, grammar)
    text = dates(text, grammar)
    text = amounts(text, grammar)
    text = initials(text)
    text = _SIGN_RE.sub(lambda found: _SIGNS[found.group()], text)
    text = _WHAT.sub(r"\1\2ём", text)
    text = _E_WORD.sub(lambda found: grammar.with_yo(found.group()), text)
    return tidy(text)

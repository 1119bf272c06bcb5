"""Phone numbers in the groups in which people say them."""

import re

from voice.speakable.ru.grammar import Grammar

_NATIONAL = re.compile(r"(?<![\w+.,:-])(?:\+\s?7|[78])(?:[ \-()]{0,3}\d){10}(?![\w]|[.,:-]\d)")
_FOREIGN = re.compile(r"\+\s?\d(?:[ \-()]{0,3}\d){6,14}(?!\d)")
_LOCAL = re.compile(r"(?<![\w.,:-])(?:\(?\d{3,5}\)?[ \-]{1,2})?\d{1,3}-\d{2}-\d{2}(?![\w-]|[.,:]\d)")
_BARE = re.compile(r"(?<![\w+.,:-])9\d{9}(?![\w]|[.,:-]\d)")

_SHAPES = {10: (3, 3, 2, 2), 7: (3, 2, 2), 6: (2, 2, 2), 5: (3, 2), 4: (2, 2), 8: (2, 2, 2, 2), 9: (3, 2, 2, 2)}


def phones(text: str, grammar: Grammar) -> str:
    """8 (900) 123-45-67 -> восемь девятьсот сто двадцать три сорок пять шестьдесят семь."""

    def national(found: re.Match[str]) -> str:
        head, rest = _split(found.group())
        return f"{head} {_groups(rest, grammar)}"

    text = _NATIONAL.sub(national, text)
    text = _FOREIGN.sub(lambda found: "плюс " + _groups(found.group(), grammar), text)
    text = _LOCAL.sub(lambda found: _groups(found.group(), grammar), text)
    return _BARE.sub(lambda found: _groups(found.group(), grammar), text)


def _split(written: str) -> tuple[str, str]:
    """The way the first digit is said, and the ten digits after it."""
    if written.startswith("+"):
        return "плюс семь", written.lstrip("+ ")[1:]
    return ("восемь" if written[0] == "8" else "семь"), written[1:]


def _groups(written: str, grammar: Grammar) -> str:
    words = []
    for group in re.findall(r"\d+", written):
        start = 0
        for size in _SHAPES.get(len(group), (3,) * (len(group) // 3) + (len(group) % 3,)) if len(group) > 3 else (3,):
            part = group[start : start + size]
            start += size
            if part:
                words.append(grammar.spelled(part) if part[0] == "0" else grammar.cardinal(part))
    return " ".join(words)

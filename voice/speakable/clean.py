"""What must go before and after words are made: markup, pictures, control characters, stray punctuation."""

import re
import unicodedata
from typing import Final

MAX_TEXT: Final = 4000
"""Characters; nobody listens to more in one go, and it bounds the work that a stranger's text can cause."""

STRESS: Final = "\u0301"

_DASHES = dict.fromkeys(map(ord, "‐‑‒–―⸺⸻﹘－"), "-") | {ord("−"): "-", ord("⁄"): "/", ord("﹣"): "-"}
_QUOTES = dict.fromkeys(map(ord, "‘’ʼ´"), "'") | dict.fromkeys(map(ord, "“”„‟«»‹›″"), '"')
_LINK = re.compile(r"!?\[([^\][]*)\]\(([^()\s]*)\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_FENCE = re.compile(r"```[^\n`]*")
_LINE_MARK = re.compile(r"(?m)^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•▪◦●·–—✓✔][ \t]+|[-*_=]{3,}[ \t]*$)")
_NUMBER_MARK = re.compile(r"(?m)^[ \t]*\d{1,3}[.)][ \t]+(?=\S)")
_EMPHASIS = re.compile(r"\*+|~~|__+|`|(?<![^\W_])_(?=\S)|(?<=\S)_(?![^\W_])")
_VULGAR = re.compile(r"(?<=\d)(?=[¼½¾⅓⅔])")
_DASHED_NUMBERS = re.compile(r"(?<=\d) ?— ?(?=\d)")
_NORMAL = re.compile(r"[^№]+")  # NFKC would make it "No"
_SPACES = re.compile(r"[^\S\n]+")

_KEPT = re.compile(rf"[^A-Za-zÀ-ÖØ-öø-ɏА-Яа-яЁёІіЇїЄєЎўҐґ{STRESS} .,!?…:;'\"—-]")

_NO_STRESS = re.compile(rf"(?<![АЕЁИОУЫЭЮЯІЇЄаеёиоуыэюяіїє]){STRESS}")
"""Behind other letters it makes one with them that no voice knows (NFKC): "к" becomes "ќ"."""


def words(text: str) -> tuple[str, ...]:
    """A table's words, written as one string."""
    return tuple(text.split())


def plain(text: str) -> str:
    """`text` bounded, in compatibility form (NFKC), with one kind of dash, quote, space, digit; no controls."""
    text = text[:MAX_TEXT].translate(_DASHES).translate(_QUOTES)
    text = text.replace("м²", "кв. м").replace("м³", "куб. м")
    text = _VULGAR.sub(" ", text)
    text = _DASHED_NUMBERS.sub("-", text)
    text = _NORMAL.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    text = text.translate(_DASHES).translate(_QUOTES)
    return _SPACES.sub(" ", "".join(map(_character, text)))


def _character(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() or char == "\n" else " "
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category in ("Cf", "Mn", "Me"):
        return char if char == STRESS else ""
    return " " if category[0] in "CZ" or category == "No" else char


def strip_markup(text: str) -> str:
    """Markdown and HTML marks removed, their words kept; a list becomes sentences."""
    text = _FENCE.sub(" ", text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _LINE_MARK.sub("", text)
    text = _NUMBER_MARK.sub("", text) if len(_NUMBER_MARK.findall(text)) > 1 else text
    return _EMPHASIS.sub("", text)


def tidy(text: str) -> str:
    """Only letters, stress and punctuation that a voice can use, spaced once; the last step of every language."""
    text = re.sub(r"\s*\n+\s*", _line_end, text.strip())
    text = re.sub(r"[()\[\]{}]", lambda m: ", " if m.group() in "([{" else " , ", text)
    text = _KEPT.sub(" ", text).replace('"', " ")
    text = _NO_STRESS.sub("", text)
    text = re.sub(rf"(?<![^\W\d_{STRESS}])'|'(?![^\W\d_])", "", text)
    text = re.sub(r"(?<!\w)-(?!\w)|(?<=\w)-(?!\w)|(?<!\w)-(?=\w)|-{2,}", " - ", text).replace(" - ", " — ")
    text = _squeeze(text)
    return text if re.search(r"[^\W\d_]", text) else ""


def _line_end(found: re.Match[str]) -> str:
    before = found.string[: found.start()]
    return " " if before[-1:] in ".!?…:;," else ". "


def _squeeze(text: str) -> str:
    """Repeats until nothing changes, so that tidying a tidy text is no change."""
    for _ in range(8):
        before = text
        text = re.sub(r"\s+", " ", text)
        text = re.sub(r"\s+([.,!?…:;])", r"\1", text)
        text = re.sub(r"—(?: ?[—-])+", "—", text)
        text = re.sub(r"([.!?…])[,:;—]+", r"\1", text)
        text = re.sub(r"[,:;]+([.!?…])", r"\1", text)
        text = re.sub(r"[,:;](?:\s?[,:;])+", ",", text)
        text = re.sub(r"\.{4,}", "...", text)
        text = re.sub(r"([!?])[!?.…]+", r"\1", text)
        text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)
        text = re.sub(r"([,;:!?])(?=[^\W\d_])", r"\1 ", text)
        text = re.sub(r"— ?(?=[.,!?…:;])", "", text)
        text = re.sub(r"(?:^[\s.,!?…:;—-]+)|(?:[\s,:;—-]+$)", "", text)
        if text == before:
            break
    return text

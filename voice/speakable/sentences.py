"""Sentences out of running text, whole or as a model streams it."""

import re
from typing import Final

from voice.speakable.clean import words

MAX_SENTENCE: Final = 240
"""Characters; a longer sentence is cut at a space, so that no buffer grows with a model that never stops."""

CLAUSE_CHARS: Final = 25
"""A first clause shorter than this is not spoken alone: it would sound torn off."""

_MARK = re.compile(r"[.!?…]+[»”\"')\]]*|\n|(?:[,;:]|\s[—–-])(?=\s)")
_LAST_WORD = re.compile(r"[^\s(«\"„]*$")
_LIST_MARK = re.compile(r"\s*\d{1,3}\.$")

_NEVER_LAST = frozenset(
    words(
        "ул пр пр-т просп пл пер б-р бул ш наб д кв корп стр вл оф каб эт под пом обл р-н респ пос дер с им тел факс "
        "доб гр г-н г-жа ст т.е т.к т.н напр см ср прим проф акад доц рис табл янв фев апр авг сент окт нояб дек пн вт "
        "чт пт сб вс mr mrs ms dr prof st ave apt no vs e.g i.e jan feb aug sept oct nov dec jr sr"
    )
)
_MAYBE_LAST = frozenset(
    words(
        "г гг в вв руб коп р тыс млн млрд трлн т.д т.п др пр мин сек ч час шт чел км м см мм кг л мл мг т "
        "a.m p.m a p etc inc ltd co corp"
    )
)


class SentenceSplitter:
    """Takes text in pieces of any size and gives whole sentences as soon as it is certain where they end.

    With `clause_chars` the first sentence may come out as a clause, at a comma or dash, once it is that long: the voice
    can begin before the model has finished. What comes out does not depend on how the text was cut into pieces. Holds
    at most MAX_SENTENCE characters between calls.
    """

    def __init__(self, *, clause_chars: int | None = CLAUSE_CHARS, max_sentence: int = MAX_SENTENCE) -> None:
        self._clause_chars = clause_chars
        self._max = max_sentence
        self._buffer = ""
        self._begun = False

    def feed(self, delta: str) -> list[str]:
        """The sentences that `delta` completed, in order."""
        done: list[str] = []
        for start in range(0, len(delta), self._max):
            self._buffer = (self._buffer + delta[start : start + self._max]).lstrip()
            while (end := self._cut()) is not None:
                self._take(end, done)
        return done

    def flush(self) -> list[str]:
        """What is left when the text is over; the splitter is then ready for another text."""
        done: list[str] = []
        self._take(len(self._buffer), done)
        self._begun = False
        return done

    def _take(self, end: int, done: list[str]) -> None:
        piece, self._buffer = self._buffer[:end].strip(), self._buffer[end:].lstrip()
        if piece:
            done.append(piece)
            self._begun = True

    def _cut(self) -> int | None:
        """Where the first sentence ends; None while more text could change the answer."""
        window = self._buffer[: self._max + 1]
        for mark in _MARK.finditer(window):
            end = mark.end()
            if mark.group()[-1] in ",;:—–-":
                if self._clause_chars is not None and not self._begun and end >= self._clause_chars:
                    return end
                continue
            rest = window[end:]
            if mark.group() == "\n":
                return end
            after = rest.lstrip(" \t")
            if not after:
                break
            if after != rest or after[0] == "\n":
                if _ends_sentence(window[: mark.start()], mark.group(), after[0]):
                    return end
            elif mark.group()[0] in "!?…" and after[0].isupper():
                return end
        if len(window) <= self._max:
            return None
        space = max(window.rfind(" ", 0, self._max), window.rfind("\n", 0, self._max))
        return space if space > 0 else self._max


def _ends_sentence(before: str, mark: str, following: str) -> bool:
    """Whether `mark` between `before` and `following` (the next character that is no space) ends a sentence."""
    if following == "\n":
        return True
    if mark[0] in "!?":
        return True
    if mark[0] == "…" or mark.startswith(".."):
        return not following.islower()
    found = _LAST_WORD.search(before)
    word = found.group().lower().strip("«(\"'") if found else ""
    if not word or word in _NEVER_LAST or _LIST_MARK.fullmatch(before + "."):
        return False
    if word in _MAYBE_LAST:
        # "2026 г. Мы" ends, "г. Москва" and "5 мин. назад" do not.
        return (
            not following.islower()
            and not following.isdigit()
            and bool(re.search(r"\d\s?\S+$|т\.[дп]$|др$|[ap]\.?m$", before))
        )
    if len(word) == 1 and word.isalpha():
        return False  # an initial
    return not (word[-1].isdigit() and following.isdigit())


def sentences(text: str) -> list[str]:
    """The whole sentences of `text`, none longer than MAX_SENTENCE characters."""
    splitter = SentenceSplitter(clause_chars=None)
    return splitter.feed(text) + splitter.flush()

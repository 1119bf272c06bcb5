"""Words of a text, and the stems under which they are found. No I/O.

Stems are Snowball's (https://snowballstem.org), Russian for Cyrillic and English for Latin letters; ё counts as е,
since recognisers and people write both.
"""

import re
from collections.abc import Iterator
from typing import Final

import snowballstemmer

VERSION: Final = 1
"""Goes up with every change of what a text's stems are: the index is then made anew."""
MAX_CACHED: Final = 20_000
LONGEST_WORD: Final = 64

WORD: Final = re.compile(r"[^\W_]+")
"""What counts as a word."""
_CYRILLIC: Final = re.compile(r"[Ѐ-ӿ]")


class Stemmer:
    """Used on one thread; remembers the stems of common words."""

    def __init__(self) -> None:
        self._russian = snowballstemmer.stemmer("russian")
        self._english = snowballstemmer.stemmer("english")
        self._known: dict[str, str] = {}

    def stem(self, word: str) -> str:
        """The stem of one word in any case."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= MAX_CACHED:
                self._known.clear()
            known = self._known[word] = self._stemmed(word)
        return known

    def words(self, text: str) -> Iterator[str]:
        """The stem of every word of a text."""
        return map(self.stem, WORD.findall(text))

    def stems(self, text: str) -> str:
        """What the index is given for a text."""
        return " ".join(self.words(text))

    def _stemmed(self, word: str) -> str:
        plain = plain_word(word)
        stemmer = self._russian if _CYRILLIC.search(plain) else self._english
        return str(stemmer.stemWord(plain)) or plain


def plain_word(word: str) -> str:
    """Lower case, ё as е, no longer than LONGEST_WORD."""
    return word.lower().replace("ё", "е")[:LONGEST_WORD]

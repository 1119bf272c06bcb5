"""What the owner typed, understood. No I/O.

`счёт` and `счета` find the same; `"перезвоните завтра"` finds the words side by side, `достав*` what begins so,
`-реклама` excludes. All other signs mean nothing: nothing that can be typed is an error of syntax, and nothing typed
reaches SQLite's own query language but as a quoted stem.
"""

import re
from dataclasses import dataclass
from typing import Final

from storage.errors import StorageError
from storage.search.text import WORD, Stemmer, plain_word

MAX_TERMS: Final = 16
MAX_QUERY: Final = 500
SHORTEST_PREFIX: Final = 2

_TERM: Final = re.compile(r'(?P<not>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\W_]+)(?P<prefix>\*)?)')


class NothingToFind(StorageError):
    """The query holds no word to look for."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that have to stand side by side; the last may be only the beginning of one (`prefix` in plain letters)."""

    stems: tuple[str, ...]
    prefix: str = ""
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """All terms have to be there, and none of the excluded ones."""

    terms: tuple[Term, ...]

    @property
    def wanted(self) -> tuple[Term, ...]:
        """Those that have to be there."""
        return tuple(term for term in self.terms if not term.excluded)

    def match(self) -> str:
        """For FTS5's MATCH."""
        wanted = " AND ".join(_match(term) for term in self.wanted)
        excluded = "".join(f" NOT {_match(term)}" for term in self.terms if term.excluded)
        return f"({wanted}){excluded}"

    def matches(self, stems: str) -> bool:
        """Whether a text with these stems, one space between, has all that is wanted and nothing that is excluded."""
        padded = f" {stems} "
        return all(_in(term, padded) is not term.excluded for term in self.terms)

    def marked(self, text: str, stemmer: Stemmer) -> list[tuple[int, int]]:
        """Where in a text the wanted terms stand (characters), in order, without overlaps."""
        wanted = self.wanted
        # No stem changes the first letter of its word, and stemming costs far more than reading.
        heads = frozenset(letters[0] for term in wanted for letters in (term.stems[0], term.prefix) if letters)
        found: set[tuple[int, int]] = set()
        words = list(WORD.finditer(text))
        for at, word in enumerate(words):
            if plain_word(word[0][0]) in heads:
                for term in wanted:
                    if _stands(term, words[at : at + len(term.stems)], stemmer):
                        found.update(part.span() for part in words[at : at + len(term.stems)])
        return sorted(found)


def parse(text: str, stemmer: Stemmer) -> Query:
    """Raises NothingToFind for a text without a wanted word."""
    terms = []
    for match in _TERM.finditer(text[:MAX_QUERY]):
        term = _term(match, stemmer)
        if term is not None and term not in terms:
            terms.append(term)
    query = Query(tuple(terms[:MAX_TERMS]))
    if not query.wanted:
        raise NothingToFind("nothing to look for: write at least one word, or a beginning of two letters and *")
    return query


def _term(match: re.Match[str], stemmer: Stemmer) -> Term | None:
    excluded = match["not"] is not None
    if match["word"] is None:
        stems = tuple(stemmer.words(match["phrase"]))
        return Term(stems, excluded=excluded) if stems else None
    stem = stemmer.stem(match["word"])
    plain = plain_word(match["word"])
    if match["prefix"] and len(plain) >= SHORTEST_PREFIX:
        return Term((stem,), prefix=plain, excluded=excluded)
    return Term((stem,), excluded=excluded)


def _match(term: Term) -> str:
    phrase = f'"{" ".join(term.stems)}"'
    if not term.prefix:
        return phrase
    # "доставка*" has to find the stem "доставк" too, which is shorter than what was typed.
    return f'"{term.prefix}"*' if term.prefix == term.stems[0] else f'("{term.prefix}"* OR {phrase})'


def _in(term: Term, padded: str) -> bool:
    return f" {' '.join(term.stems)} " in padded or bool(term.prefix and f" {term.prefix}" in padded)


def _stands(term: Term, words: list[re.Match[str]], stemmer: Stemmer) -> bool:
    if term.prefix and plain_word(words[0][0]).startswith(term.prefix):
        return True
    if len(words) < len(term.stems):
        return False
    if term.prefix and stemmer.stem(words[0][0]).startswith(term.prefix):
        return True
    return all(stemmer.stem(word[0]) == stem for word, stem in zip(words, term.stems, strict=True))

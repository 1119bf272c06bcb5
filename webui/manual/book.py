"""The manual: Markdown files to HTML, and a search through their sections. Read once, when first asked for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import snowballstemmer
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from webui.manual.topics import TOPICS

STEMMERS: Final = {"ru": "russian", "en": "english"}
WORD: Final = re.compile(r"\w+")
MAX_WORDS: Final = 12
AROUND: Final = 90
"""Characters shown on each side of what was found."""
NameOf = Callable[[str], str]
"""What the navigation calls a page, "" for none: a link without words of its own gets that."""


@dataclass(frozen=True, slots=True)
class Section:
    """A piece that can be found: a heading, its place, its words."""

    topic: str
    anchor: str
    title: str
    text: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Topic:
    """One file. `html` is made of our own text alone."""

    name: str
    title: str
    html: Markup
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A section with the searched words; `before`, `word`, `after`: what is shown of it."""

    section: Section
    topic_title: str
    before: str
    word: str
    after: str


class Book:
    """The manual in one language."""

    def __init__(self, language: str, name_of: NameOf) -> None:
        stemmer = snowballstemmer.stemmer(STEMMERS[language])
        self._stem: Callable[[str], str] = cache(lambda word: str(stemmer.stemWord(word)))
        self._name_of = name_of
        # No HTML in the files: what is written there is text, and nothing else can get into the page.
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        folder = resources.files("webui.manual") / language
        self.topics = {name: self._topic(name, (folder / f"{name}.md").read_text("utf-8")) for name in TOPICS}

    def search(self, words: str) -> list[Found]:
        """Sections in which all the words stand, in any form; a word's beginning is enough."""
        wanted = [self._stem(word) for word in WORD.findall(words.casefold())[:MAX_WORDS]]
        if not wanted:
            return []
        return [
            self._found(section, topic.title, wanted)
            for topic in self.topics.values()
            for section in topic.sections
            if all(any(stem.startswith(word) for stem in section.stems) for word in wanted)
        ]

    def _found(self, section: Section, title: str, wanted: Sequence[str]) -> Found:
        for match in WORD.finditer(section.text):
            if any(self._stem(match[0].casefold()).startswith(word) for word in wanted):
                before, after = section.text[: match.start()], section.text[match.end() :]
                head = before if len(before) <= AROUND else f"…{before[-AROUND:]}"
                tail = after if len(after) <= AROUND else f"{after[:AROUND]}…"
                return Found(section, title, head, match[0], tail)
        return Found(section, title, section.text[: 2 * AROUND], "", "")

    def _topic(self, name: str, text: str) -> Topic:
        tokens = self._markdown.parse(text)
        title = tokens[1].content
        tokens = self._named(tokens[3:])
        sections = self._sections(name, title, tokens)
        html = self._markdown.renderer.render(tokens, self._markdown.options, {})
        return Topic(name, title, Markup(html), tuple(sections))  # noqa: S704 (made of our own files)

    def _named(self, tokens: list[Token]) -> list[Token]:
        """Links without words get the page's name; wide tables scroll by themselves."""
        for token in tokens:
            children = token.children or []
            named: list[Token] = []
            for at, one in enumerate(children):
                named.append(one)
                if one.type == "link_open" and children[at + 1].type == "link_close":
                    named.append(Token("text", "", 0, content=self._name_of(str(one.attrGet("href")))))
            if token.children:
                token.children = named
            if token.type == "table_open":
                token.attrSet("class", "table")
        return tokens

    def _sections(self, name: str, title: str, tokens: list[Token]) -> list[Section]:
        """One a heading; headings get a place to link to."""
        found: list[tuple[str, str, list[str]]] = [("", title, [])]
        for at, token in enumerate(tokens):
            if token.type == "heading_open":
                anchor = f"{name}-{len(found)}"
                token.attrSet("id", anchor)
                found.append((anchor, _plain(tokens[at + 1]), []))
            elif token.type == "inline" and tokens[at - 1].type != "heading_open":
                found[-1][2].append(_plain(token))
        return [self._section(name, *one) for one in found]

    def _section(self, topic: str, anchor: str, title: str, parts: list[str]) -> Section:
        text = " ".join(parts)
        stems = frozenset(self._stem(word) for word in WORD.findall(f"{title} {text}".casefold()))
        return Section(topic, anchor, title, text, stems)


def _plain(token: Token) -> str:
    """Words alone."""
    breaks = ("softbreak", "hardbreak")
    return "".join(" " if one.type in breaks else one.content for one in token.children or [])

"""The manual: both languages whole, every link leads somewhere, found by words in any form."""

import re
from pathlib import Path

import pytest

from tests.fakes.page_box import open_page, shared_renderer
from webui import i18n, site
from webui.manual.book import Book
from webui.manual.topics import ABOUT, TOPICS, topic_of

RENDERER = shared_renderer()
BOOKS = {
    language: Book(language, lambda path, language=language: RENDERER.name_of(path, language))
    for language in i18n.LANGUAGES
}
LINK = re.compile(r'href="([^"]*)"')
EMPTY = re.compile(r"<a [^>]*></a>")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_topic_is_there_and_nothing_of_it_is_markup_by_accident(language: str) -> None:
    folder = Path(__file__).parents[2] / "webui" / "manual" / language
    assert {path.stem for path in folder.iterdir()} == set(TOPICS)
    for topic in BOOKS[language].topics.values():
        assert topic.title
        assert not EMPTY.search(topic.html), f"{topic.name}: a link without a name"
        assert "&lt;" not in topic.html, f"{topic.name}: HTML is text here"
        assert len(topic.sections) > 1


def test_both_languages_tell_of_the_same() -> None:
    russian, english = (BOOKS[language] for language in ("ru", "en"))
    for name in TOPICS:
        ours, theirs = russian.topics[name], english.topics[name]
        assert [one.anchor for one in ours.sections] == [one.anchor for one in theirs.sections], name
        assert LINK.findall(ours.html) == LINK.findall(theirs.html), name


def test_every_link_of_the_manual_leads_to_a_page() -> None:
    paths = {entry.path for entry in site.entries()} | {f"/help/{name}" for name in TOPICS} | {"/models/try"}
    for topic in BOOKS["ru"].topics.values():
        for link in LINK.findall(topic.html):
            assert link.partition("#")[0] in paths, f"{topic.name}: {link}"


def test_every_page_of_the_menu_has_a_topic() -> None:
    for entry in site.entries():
        assert topic_of(entry.path).removeprefix("/help").strip("/") in {"", *TOPICS}
    assert topic_of("/calls/7") == "/help/callers"
    assert topic_of("/callsign") == "/help/start"
    assert set(ABOUT.values()) <= {"", *TOPICS}


@pytest.mark.parametrize(
    ("language", "words", "topic"),
    [("ru", "резервной копией", "backup"), ("ru", "лампочки мигают", "box"), ("ru", "БАЛАНС", "sim"),
     ("en", "messages handled", "messages"), ("en", "block", "blocking")],
)  # fmt: skip
def test_words_are_found_in_any_form(language: str, words: str, topic: str) -> None:
    assert topic in {one.section.topic for one in BOOKS[language].search(words)}


def test_what_is_nowhere_is_not_found() -> None:
    for words in ("", "  ", "квантовый", "<>", "резервной квантовый"):
        assert BOOKS["ru"].search(words) == []


async def test_the_manual_is_open_to_everybody_and_searched_without_a_script(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        nobody = await p.browser()
        assert "SIM-карта" in (await nobody.get("/help")).text
        found = (await nobody.get("/help?q=копии")).text
        assert "/help/backup" in found
        assert "<mark>" in found
        hostile = (await nobody.get("/help?q=<script>alert(1)</script>")).text
        assert "<script>alert" not in hostile
        assert (await nobody.get("/help/nothing")).status_code == 404
        english = (await nobody.get("/help/box?lang=en")).text
        assert "The light" in english
        assert "<table" in english


async def test_each_page_leads_to_its_topic(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        assert 'href="/help/messages"' in (await browser.get("/messages")).text
        assert 'href="/help/callers"' in (await browser.get("/calls")).text

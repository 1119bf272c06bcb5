"""Texts: both languages whole, nothing left untranslated, plural forms, dates and numbers."""

import ast
import re
import string
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from webui import i18n
from webui.i18n.texts import LOCALES, Texts, catalogue

WEBUI = Path(__file__).parents[2] / "webui"
TEMPLATES = sorted(WEBUI.rglob("templates/**/*.html"))
MODULES = sorted(path for path in WEBUI.rglob("*.py"))
TEXTS = i18n.load()
RU, EN = TEXTS["ru"], TEXTS["en"]
NOT_LANGUAGE = {"code", "kbd", "script", "style", "svg"}
READ_ALOUD = {"alt", "title", "placeholder", "aria-label", "aria-description", "label", "content", "data-confirm"}
"""Attributes that people read or hear."""
LETTERS = re.compile(r"[A-Za-zА-Яа-яЁё]{2,}")
CYRILLIC = re.compile(r"[А-Яа-яЁё]")


def environment() -> Environment:
    return Environment(autoescape=True, extensions=["jinja2.ext.i18n"])


def messages(code: str) -> dict[str, tuple[str, ...]]:
    """msgid -> its texts, one or one a plural form."""
    found = {}
    for message in catalogue(code):
        if message.id:
            name = message.id if isinstance(message.id, str) else message.id[0]
            found[name] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_msgids_each_translated_in_every_form() -> None:
    russian, english = messages("ru"), messages("en")
    assert set(russian) == set(english)
    for key, texts in {**russian, **{f"en {key}": texts for key, texts in english.items()}}.items():
        assert all(text.strip() for text in texts), key
    forms = {key for key, texts in russian.items() if len(texts) > 1}
    assert forms == {key for key, texts in english.items() if len(texts) > 1}
    assert all(len(russian[key]) == 3 and len(english[key]) == 2 for key in forms)


def test_a_text_has_the_same_blanks_in_both_languages() -> None:
    russian, english = messages("ru"), messages("en")
    for key, texts in russian.items():
        named = [blanks(text) for text in (*texts, *english[key])]
        assert all(each == named[-1] or each | {"n"} == named[-1] | {"n"} for each in named), key


@pytest.mark.parametrize("code", i18n.LANGUAGES)
def test_no_text_is_marked_as_unsure_or_stands_in_two_files(code: str) -> None:
    seen: dict[object, str] = {}
    for file in (resources.files("webui.i18n") / code).iterdir():
        with file.open("rb") as opened:
            part = read_po(opened, locale=LOCALES[code], abort_invalid=True)
        for message in part:
            assert not message.fuzzy, (file.name, message.id)
            assert not message.id or message.id not in seen, (file.name, message.id)
            seen[message.id] = file.name


def test_every_text_that_a_template_names_exists() -> None:
    """Names that are put together ("role." ~ one) are not seen here, but their beginning is."""
    known = messages("ru")
    for path in TEMPLATES:
        tree = environment().parse(path.read_text("utf-8"))
        for call in tree.find_all(nodes.Call):
            if not _says(call.node):
                continue
            (first, *_) = call.args
            if isinstance(first, nodes.Const):
                assert first.value in known, f"{path.name}: {first.value}"
            elif isinstance(first, nodes.Concat) and isinstance(first.nodes[0], nodes.Const):
                start = first.nodes[0].value
                assert any(key.startswith(start) for key in known), f"{path.name}: {start}"


def _says(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Name):
        return node.name in {"_", "say", "gettext"}
    return isinstance(node, nodes.Getattr) and node.attr == "count" and isinstance(node.node, nodes.Name)


def test_every_text_that_a_module_names_exists() -> None:
    known = messages("ru")
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and _is_say(node.func)):
                continue
            match node.args[0]:
                case ast.Constant(value=str(key)):
                    assert key in known, f"{path.name}:{node.lineno}: {key}"
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                    assert any(key.startswith(start) for key in known), f"{path.name}:{node.lineno}: {start}"


def _is_say(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr == "count":
        function = function.value
    return isinstance(function, ast.Name) and function.id == "say"


class Words(HTMLParser):
    """What of a template's own text people would read; what is put in at run time is a no-break space."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_LANGUAGE:
            self._inside.append(tag)
        named = dict(attrs)
        if tag == "meta" and named.get("name") in {"viewport", "color-scheme", "robots", "theme-color", "htmx-config"}:
            return
        self.words += [value for name, value in attrs if name in READ_ALOUD and value and LETTERS.search(value)]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and LETTERS.search(data):
            self.words.append(data.strip())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_words_of_its_own(path: Path) -> None:
    tree = environment().parse(path.read_text("utf-8"))
    source = "\u00a0".join(part.data for part in tree.find_all(nodes.TemplateData))
    assert Words(source).words == []


def test_the_search_for_words_finds_them() -> None:
    assert Words('<p>Hello</p><img alt="Bild"><code>ls</code><a title="\u00a0">1</a>').words == ["Hello", "Bild"]


def test_no_module_holds_russian_words_outside_of_its_docstrings() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                assert not CYRILLIC.search(node.value), f"{path.name}:{node.lineno}"


def small(code: str, now: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)) -> Texts:
    whole = Catalog(locale=LOCALES[code])
    forms = {"ru": ("{n} звонок", "{n} звонка", "{n} звонков"), "en": ("{n} call", "{n} calls")}[code]
    whole.add(("calls.count", "calls.count"), forms)
    whole.add("who", "<{name}>")
    return Texts(code, whole, lambda: now)


@pytest.mark.parametrize(
    ("n", "russian", "english"),
    [
        (0, "0 звонков", "0 calls"),
        (1, "1 звонок", "1 call"),
        (2, "2 звонка", "2 calls"),
        (5, "5 звонков", "5 calls"),
        (11, "11 звонков", "11 calls"),
        (21, "21 звонок", "21 calls"),
        (112, "112 звонков", "112 calls"),
        (12345, "12\u00a0345 звонков", "12,345 calls"),
    ],
)
def test_amounts_have_their_plural_form(n: int, russian: str, english: str) -> None:
    assert (small("ru").count("calls.count", n), small("en").count("calls.count", n)) == (russian, english)


def test_a_text_that_is_nowhere_is_a_mistake_but_a_foreign_code_is_not() -> None:
    for ask in (lambda: RU("no.such"), lambda: RU.count("no.such", 1)):
        with pytest.raises(KeyError, match=r"no\.such"):
            ask()
    assert (RU.known("no.such"), EN.known("unknown")) == ("", "unknown")
    assert small("ru")("who", name="{name}") == "<{name}>"


def test_dates_and_numbers_are_written_as_the_reader_writes_them() -> None:
    now = datetime(2026, 11, 26, 12).astimezone()
    russian, english = small("ru", now), small("en", now)
    yesterday, last_year = (now - timedelta(days=days) for days in (1, 365))
    assert (russian.moment(yesterday.timestamp()), english.moment(yesterday.timestamp())) == (
        "25 нояб., 12:00",
        "25 Nov, 12:00",
    )
    assert russian.moment(now.timestamp()) == "12:00", "today needs no date"
    assert "2025" in russian.date(last_year.timestamp())
    assert english.date(last_year.timestamp()) == "26 Nov 2025"
    assert (russian.moment(None), russian.date(-1.0), russian.time(1e12)) == ("", "", "")
    assert (russian.number(0.5, 2), english.number(0.5, 2), russian.number(1234567)) == (
        "0,50",
        "0.50",
        "1\u00a0234\u00a0567",
    )
    assert (russian.percent(0.5), english.percent(0.5)) == ("50\u00a0%", "50%")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1e40, "1.00e+40"),
        (-1e40, "-1.00e+40"),
        (10**400, "1.00e+400"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_a_number_beyond_all_counting_is_written_all_the_same(value: float, written: str) -> None:
    assert RU.number(value, 2) == RU.number(value) == RU.percent(value) == written


@pytest.mark.parametrize(
    ("asked", "accept", "language"),
    [
        ("", "", "ru"),
        ("en", "ru", "en"),
        ("xx", "en-GB,en;q=0.9", "en"),
        ("", "de, en;q=0.5, ru;q=0.8", "ru"),
        ("", "ru;q=0, en;q=0.1", "en"),
        ("", "en;q=high", "ru"),
        ("", "en;level=1", "ru"),
        ("", "de-DE,*;q=0.1", "ru"),
        ("", "x," * 9000, "ru"),
    ],
)
def test_the_language_is_asked_for_or_guessed_or_russian(asked, accept, language):
    assert i18n.preferred(asked, accept) == language

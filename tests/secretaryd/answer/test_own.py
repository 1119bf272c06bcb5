"""The owner's texts, edited and exchanged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secretaryd.answer import own_faq, own_persona
from secretaryd.answer.errors import BadContent
from secretaryd.answer.exchange import BadImport, bared, guarded, read, to_csv, to_json
from secretaryd.answer.persona import PERSONAS

ENTRY = {"id": "gift", "variants": ["карты есть", "есть карты"], "answer": "Есть до {hours}.", "action": ""}


def test_an_entry_goes_in_and_comes_out_as_it_was() -> None:
    text = own_faq.with_entries("# mine\n", "ru", [ENTRY])
    (entry,) = own_faq.own_faq(text, "ru").entries
    assert own_faq.plain_entry(entry) == ENTRY
    assert text.startswith("# mine\n")
    assert own_faq.own_faq(text, "en").entries == ()


def test_an_entry_that_was_replaced_keeps_its_place_and_its_comment() -> None:
    text = own_faq.with_entries("", "ru", [ENTRY, {**ENTRY, "id": "second"}])
    text = text.replace('id = "gift"', 'id = "gift" # asked every day')
    text = own_faq.with_entries(text, "ru", [{**ENTRY, "answer": "Нет."}])
    assert [entry.id for entry in own_faq.own_faq(text, "ru").entries] == ["gift", "second"]
    assert "# asked every day" in text


def test_removing_what_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        own_faq.without_entry("", "ru", "gift", general=False)
    assert own_faq.own_faq(own_faq.without_entry("", "ru", "hours", general=True), "ru").off == {"hours"}


BROKEN = ["[ru", "de = 1", "ru = 1", "[ru]\noff = 1", '[ru]\nof = ["x"]', '[ru]\n[[ru.entry]]\nid = "x"', "\x00"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_text_that_cannot_be_used_says_why(text: str) -> None:
    with pytest.raises(BadContent) as caught:
        own_faq.own_faq(text, "ru")
    assert all("faq.toml" in problem for problem in caught.value.problems)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(lambda t: t == t.strip())
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "id": TEXT,
            "variants": st.lists(TEXT.filter(lambda t: "|" not in t), min_size=1, max_size=3),
            "answer": TEXT,
            "action": st.sampled_from(["", "message"]),
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda entry: entry["id"],
)


@given(ENTRIES)
def test_entries_survive_csv_and_json(entries: list) -> None:
    assert read(to_csv(entries).encode()) == entries
    assert read(to_json(entries).encode()) == entries


@given(ENTRIES)
def test_any_entries_make_a_text_that_reads_back_or_is_refused(entries: list) -> None:
    text = own_faq.with_entries("", "ru", entries)
    try:
        found = own_faq.own_faq(text, "ru")
    except BadContent:
        assert any("{" in entry["answer"] or "}" in entry["answer"] for entry in entries)
        return
    assert [own_faq.plain_entry(entry) for entry in found.entries] == entries


@given(st.text(max_size=20))
def test_no_cell_is_a_formula_and_every_cell_reads_back(cell: str) -> None:
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert bared(guarded(cell)) == cell


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(raw: bytes) -> None:
    try:
        found = read(raw)
    except BadImport:
        return
    assert found


def test_a_russian_spreadsheet_is_understood() -> None:
    raw = 'id;variants;answer;action\r\nкарты;карты есть | есть карты;"Есть; до девяти.";\r\n\r\n'.encode("cp1251")
    assert read(raw) == [
        {"id": "карты", "variants": ["карты есть", "есть карты"], "answer": "Есть; до девяти.", "action": ""}
    ]


WRONG_FILES = [
    (b"", "first row must name"),
    (b"a,b\n1,2\n", "missing: id, variants, answer"),
    (b"id,variants,answer\n", "no entry"),
    (b"[1]", "must be a list of"),
    (b'[{"id": 1, "variants": 2, "answer": ""}]', "entry 1: variants must be texts"),
    (b"{", "not JSON"),
    (b"[" * 5000, "not JSON"),
    (b"x" * (1 << 21), "larger than"),
]


@pytest.mark.parametrize(("raw", "words"), WRONG_FILES, ids=[words for _, words in WRONG_FILES])
def test_a_file_that_cannot_be_taken_says_why(raw: bytes, words: str) -> None:
    with pytest.raises(BadImport) as caught:
        read(raw)
    assert words in str(caught.value)


GULYA = (PERSONAS / "gulya.toml").read_text("utf-8")


def test_an_edited_persona_keeps_its_comments_and_the_other_language() -> None:
    text = own_persona.with_fields(GULYA, "ru", {"name": "Вера", "style": ""})
    text = own_persona.with_fact(text, "ru", {"topic": "warranty", "label": "Гарантия", "value": "год"})
    assert text.startswith("# Гуля: a shop")
    ru, en = own_persona.own_persona(text, "ru"), own_persona.own_persona(text, "en")
    assert (ru.name, en.name) == ("Вера", "Gulya")
    assert ru.style == "Отвечай коротко и вежливо."
    assert ru.facts[-1].say == "Гарантия: год."


def test_a_fact_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(KeyError):
        own_persona.without_fact(GULYA, "ru", "warranty")
    assert "parking" not in own_persona.without_fact(GULYA, "en", "parking").partition("[en]")[2]


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_no_text_of_the_owner_breaks_the_file(value: str) -> None:
    text = own_persona.with_fact(GULYA, "ru", {"topic": "hours", "label": value, "value": value, "say": value})
    try:
        persona = own_persona.own_persona(text, "ru")
    except BadContent:
        assert not value.strip()
        return
    assert persona.name == "Гуля"

"""Contacts as CSV and vCard: what telephones and spreadsheets write is read, what we write is read back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.cells import FORMULA, guarded, table, unguarded
from secretaryd.people.files import BadFile, Draft, read, write_csv, write_vcards

ANNA = Draft("Анна Петрова", ("+7 916 123-45-67", "8 (495) 123-45-67"), "vip", "любит утро; и чай,\nи вечер")

READS: list[tuple[str, str, list[Draft]]] = [
    (
        "a spreadsheet with Russian headings and semicolons",
        "Имя;Телефон;Группа\nАнна;+7 916 123-45-67;VIP\n;;\nБорис;89031112233;\n",
        [Draft("Анна", ("+7 916 123-45-67",), "vip"), Draft("Борис", ("89031112233",))],
    ),
    (
        "two numbers in a cell",
        'name,numbers\nАнна,"+79161234567; 84951234567"\n',
        [Draft("Анна", ("+79161234567", "84951234567"))],
    ),
    ("a guarded cell", "name,numbers\n'=x,'+79161234567\n", [Draft("=x", ("+79161234567",))]),
    ("a byte order mark", "\ufeffname\nАнна\n", [Draft("Анна")]),
    (
        "vCard 3.0",
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Петрова;Анна;;;\r\nFN:Анна Петрова\r\nTEL;TYPE=CELL:+7 916 123-45-67\r\n"
        "item1.TEL:8 (495) 123-45-67\r\nNOTE:любит утро\\; и чай\\,\\nи ве\r\n чер\r\nCATEGORIES:friends,VIP\r\n"
        "PHOTO;ENCODING=b:AAAA\r\nEND:VCARD\r\n",
        [ANNA],
    ),
    (
        "vCard 2.1 of an old telephone",
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;=D0=90=D0=BD=D0=BD=D0=B0;;;\n"
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=90=D0=BD=\n=D0=BD=D0=B0\nTEL;CELL:89161234567\nEND:VCARD\n",
        [Draft("Анна", ("89161234567",))],
    ),
    (
        "vCard 4.0 with a number as an address",
        "BEGIN:VCARD\nVERSION:4.0\nN:Smith;John;;;\nTEL;VALUE=uri:tel:+44-20-7946-0000\nEND:VCARD\n",
        [Draft("John Smith", ("+44-20-7946-0000",))],
    ),
    ("a card with a number only", "BEGIN:VCARD\nTEL:112\nEND:VCARD", [Draft("112", ("112",))]),
    ("an empty card", "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD", []),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_what_others_write_is_read(text: str, expected: list[Draft]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("телефон\n123\n", "name the columns"), ("BEGIN:VCARD\nFN:x\n", "cut off")],
)
def test_a_file_without_contacts_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        read(text)


@pytest.mark.parametrize("write", [write_csv, write_vcards])
def test_what_we_write_is_read_back(write) -> None:
    assert read(write([ANNA, Draft("Борис")])) == [ANNA, Draft("Борис")]


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120).map(str.strip)


@given(LINE.filter(bool), LINE)
def test_any_name_and_note_survive_a_vcard(name: str, note: str) -> None:
    (draft,) = read(write_vcards([Draft(name, ("112",), note=note)]))
    assert (draft.name, draft.note) == (name, note)


@given(st.text(max_size=300))
def test_a_hostile_file_is_read_or_refused(text: str) -> None:
    for whole in (text, f"BEGIN:VCARD\n{text}\nEND:VCARD", f"name,numbers\n{text}"):
        try:
            read(whole)
        except BadFile:
            continue


@given(st.text(max_size=60))
def test_no_cell_is_a_formula_and_every_cell_comes_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(FORMULA)
    assert not cell.lstrip(" ").startswith(FORMULA)
    assert unguarded(cell) == text
    if "\0" not in text:
        (_, row) = csv.reader(io.StringIO(table(["a"], [[text or "x"]]), newline=""))
        assert unguarded(row[0]) == (text or "x")

"""Contacts as files: CSV and vCard, read and written. Pure: text in, drafts out.

vCard is read in the versions that telephones write (2.1 with quoted-printable, 3.0 as RFC 2426, 4.0 as RFC 6350) as far
as names, numbers, notes and categories go; the rest is passed over.
"""

import csv
import io
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from secretaryd.cells import table, unguarded
from secretaryd.reasons import Reason

COLUMNS: Final = ("name", "numbers", "group", "note", "rule")
SYNONYMS: Final = {
    "имя": "name",
    "фио": "name",
    "контакт": "name",
    "номер": "numbers",
    "номера": "numbers",
    "телефон": "numbers",
    "телефоны": "numbers",
    "phone": "numbers",
    "number": "numbers",
    "группа": "group",
    "заметка": "note",
    "примечание": "note",
    "notes": "note",
    "правило": "rule",
}
"""Headings that people write."""
SEPARATOR: Final = ";"
MAX_CARDS: Final = 20_000
GROUP_NAMES: Final = ("vip", "family", "supplier", "blocked")
_ESCAPED: Final = re.compile(r"\\([\\,;nN])")


class BadFile(ValueError):
    """The file holds no contacts that we can read; the only argument is the Reason."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact as a file tells it: numbers as they are written there."""

    name: str
    numbers: tuple[str, ...] = ()
    group: str = ""
    note: str = ""
    rule: str = ""


def read(text: str) -> list[Draft]:
    """Whichever of the two it is. Raises BadFile."""
    text = text.removeprefix("\ufeff")
    drafts = list(read_vcards(text)) if "BEGIN:VCARD" in text.upper() else list(read_csv(text))
    if len(drafts) > MAX_CARDS:
        raise BadFile(Reason("cards", n=MAX_CARDS))
    return drafts


def read_csv(text: str) -> Iterator[Draft]:
    """A heading, then a contact a row; several numbers stand in one cell, separated by semicolons. Raises BadFile."""
    sample = text[:4096]
    delimiter = max(",;\t", key=lambda sign: sample.partition("\n")[0].count(sign))
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise BadFile(Reason("not_csv", why=error)) from error
    if not rows:
        raise BadFile(Reason("empty_file"))
    heading = [SYNONYMS.get(cell.strip().lower(), cell.strip().lower()) for cell in rows[0]]
    if "name" not in heading:
        raise BadFile(Reason("name_column", columns=", ".join(COLUMNS)))
    for row in rows[1:]:
        cells = {key: unguarded(cell.strip()) for key, cell in zip(heading, row, strict=False)}
        if any(cells.values()):
            numbers = tuple(filter(None, (part.strip() for part in cells.get("numbers", "").split(SEPARATOR))))
            group, rule = cells.get("group", "").lower(), cells.get("rule", "").lower()
            yield Draft(cells.get("name", ""), numbers, group, cells.get("note", ""), rule)


def write_csv(drafts: Iterable[Draft]) -> str:
    """What `read_csv` reads."""
    rows = ((one.name, f"{SEPARATOR} ".join(one.numbers), one.group, one.note, one.rule) for one in drafts)
    return table(COLUMNS, rows)


def read_vcards(text: str) -> Iterator[Draft]:
    """Every card that has a name or a number. Raises BadFile for a card that does not end."""
    fields: dict[str, list[str]] | None = None
    for name, value in _properties(text):
        if name == "BEGIN" and value.upper() == "VCARD":
            fields = {}
        elif name == "END" and fields is not None:
            if draft := _draft(fields):
                yield draft
            fields = None
        elif fields is not None:
            fields.setdefault(name, []).append(value)
    if fields is not None:
        raise BadFile(Reason("cut_card"))


def write_vcards(drafts: Iterable[Draft]) -> str:
    """vCard 3.0, which every telephone reads."""
    cards = []
    for one in drafts:
        lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escape(one.name)}", f"N:{_escape(one.name)};;;;"]
        lines += [f"TEL;TYPE=VOICE:{_escape(number)}" for number in one.numbers]
        lines += [f"NOTE:{_escape(one.note)}"] if one.note else []
        lines += [f"CATEGORIES:{_escape(one.group)}"] if one.group else []
        cards.append("\r\n".join([*map(_folded, lines), "END:VCARD", ""]))
    return "".join(cards)


def _draft(fields: dict[str, list[str]]) -> Draft | None:
    name = next((value.strip() for value in fields.get("FN", ()) if value.strip()), "")
    if not name:
        parts = fields.get("N", [""])[0].split(";")
        name = " ".join(part.strip() for part in (*parts[1:2], *parts[:1]) if part.strip())
    numbers = tuple(value.strip().removeprefix("tel:") for value in fields.get("TEL", ()) if value.strip())
    name = name or next(iter(fields.get("ORG", ())), "").strip("; ") or next(iter(numbers), "")
    if not name:
        return None
    groups = [part.strip().lower() for value in fields.get("CATEGORIES", ()) for part in value.split(",")]
    group = next((one for one in groups if one in GROUP_NAMES), "")
    return Draft(name, numbers, group, "\n".join(fields.get("NOTE", ())).strip())


def _properties(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of every line, unfolded and unescaped."""
    lines = iter(re.sub(r"\r?\n[ \t]", "", text).splitlines())
    for line in lines:
        head, colon, value = line.partition(":")
        if not colon:
            continue
        name, *parameters = (part.upper() for part in head.split(";"))
        if "ENCODING=QUOTED-PRINTABLE" in parameters or "QUOTED-PRINTABLE" in parameters:
            while value.endswith("="):  # a soft break of vCard 2.1
                value = value[:-1] + next(lines, "")
            value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
        yield name.rpartition(".")[2], _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)


def _escape(text: str) -> str:
    cleaned = text.replace("\r", "")
    return re.sub(r"([\\,;])", r"\\\1", cleaned).replace("\n", "\\n")


def _folded(line: str) -> str:
    """No line longer than 75 bytes (RFC 2426, 2.6), cut between characters."""
    pieces, current = [], ""
    for char in line:
        if len((current + char).encode()) > 74:
            pieces.append(current)
            current = ""
        current += char
    return "\r\n ".join([*pieces, current])

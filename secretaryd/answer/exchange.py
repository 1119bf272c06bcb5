"""Questions and answers to and from a spreadsheet (CSV) or JSON. PURE.

CSV has the columns id, variants (parted by " | "), answer, action. A cell that a spreadsheet would take for a formula
is written with an apostrophe before it, and read without.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from secretaryd.reasons import Reason

COLUMNS: Final = ("id", "variants", "answer", "action")
BETWEEN: Final = " | "
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with (OWASP, "CSV Injection")."""
MAX_BYTES: Final = 1 << 20
MAX_PROBLEMS: Final = 20
ENCODINGS: Final = ("utf-8-sig", "cp1251")
"""Russian spreadsheets still save the second."""


class BadImport(Exception):
    """A file cannot be taken over; `problems` has every reason with its row."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def to_csv(entries: Iterable[Mapping[str, Any]]) -> str:
    """With a byte order mark, so that spreadsheets see that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        cells = (entry["id"], BETWEEN.join(entry["variants"]), entry["answer"], entry.get("action", ""))
        writer.writerow([guarded(str(cell)) for cell in cells])
    return "\ufeff" + out.getvalue()


def to_json(entries: Iterable[Mapping[str, Any]]) -> str:
    """As a list of {id, variants, answer, action}."""
    return json.dumps([dict(entry) for entry in entries], ensure_ascii=False, indent=2) + "\n"


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula. One that begins with apostrophes gets one more, so that reading
    it back is exact."""
    return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell


def bared(cell: str) -> str:
    """The opposite of `guarded`."""
    return cell[1:] if cell.startswith("'") and (cell[1:2] in (*FORMULA, "'")) else cell


def read(raw: bytes) -> list[dict[str, Any]]:
    """Entries of a CSV or JSON file, as {id, variants, answer, action}. Raises BadImport."""
    if len(raw) > MAX_BYTES:
        raise BadImport([Reason("large", mb=MAX_BYTES >> 20)])
    text = _text(raw)
    rows = _from_json(text) if text.lstrip()[:1] in ("[", "{") else _from_csv(text)
    problems: list[str] = []
    entries = [_entry(row, place, problems) for place, row in rows]
    if not entries:
        problems.append(Reason("no_entry"))
    if problems:
        raise BadImport(problems[:MAX_PROBLEMS])
    return entries


def _text(raw: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadImport([Reason("encoding")])


def _from_json(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadImport([Reason("not_json", why=error)]) from error
    if isinstance(found, dict):
        found = found.get("entries", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadImport([Reason("json_entries")])
    return [(f"entry {number}", one) for number, one in enumerate(found, 1)]


def _from_csv(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadImport([Reason("not_csv", why=error)]) from error
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    if missing := [name for name in COLUMNS[:3] if name not in heads]:
        raise BadImport([Reason("columns", columns=", ".join(COLUMNS), missing=", ".join(missing))])
    found: list[tuple[str, Mapping[str, Any]]] = []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = dict(zip(heads, (bared(cell) for cell in row), strict=False))
        variants = [one.strip() for one in cells.get("variants", "").replace("\n", "|").split("|")]
        found.append((f"row {number}", {**cells, "variants": variants}))
    return found


def _entry(row: Mapping[str, Any], place: str, problems: list[str]) -> dict[str, Any]:
    variants = row.get("variants")
    if isinstance(variants, str):
        variants = variants.split("|")
    if not isinstance(variants, list) or not all(isinstance(one, str) for one in variants):
        problems.append(Reason("variants").at(place))
        variants = []
    texts = {}
    for key in ("id", "answer", "action"):
        value = row.get(key, "") or ""
        if not isinstance(value, str):
            problems.append(Reason("be_text", key=key).at(place))
            value = ""
        texts[key] = value.strip()
    return {
        "id": texts["id"],
        "variants": [one.strip() for one in variants if one.strip()],
        "answer": texts["answer"],
        "action": texts["action"],
    }

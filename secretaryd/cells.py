"""Cells of tables that a spreadsheet opens. Pure.

A cell that begins with one of these signs is read as a formula by spreadsheets; what callers say must not become one
(https://owasp.org/www-community/attacks/CSV_Injection). The apostrophe makes it a text, and is taken off again when our
own files are read.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
GUARD: Final = "'"


def guarded(text: str) -> str:
    """The cell's text, harmless."""
    # Spreadsheets skip spaces before a formula.
    risky = text.lstrip(" ").startswith(FORMULA) or text.startswith((*FORMULA, GUARD))
    return GUARD + text if risky else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith(GUARD) and guarded(text[1:]) == text else text


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A whole file, RFC 4180, every cell guarded."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heading)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()

"""A QR code in half blocks, two modules a character, dark on light whatever the theme is."""

from typing import Final

import segno
from textual.content import Content

QUIET: Final = 2
"""Light modules around it: less than the standard's four, so that it fits 24 rows; telephones take it on a screen."""
HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
COLOURS: Final = "black on white"


def qr_rows(text: str) -> list[str]:
    """Its rows; all are of one length."""
    matrix = [[bool(one) for one in row] for row in segno.make(text, error="l", micro=False).matrix]
    width = len(matrix) + 2 * QUIET
    light = [False] * width
    padded = [light] * QUIET + [[False] * QUIET + row + [False] * QUIET for row in matrix] + [light] * QUIET
    if len(padded) % 2:
        padded.append(light)
    return ["".join(HALVES[pair] for pair in zip(*padded[at : at + 2], strict=True)) for at in range(0, len(padded), 2)]


def qr(text: str) -> Content:
    """To be shown."""
    return Content("\n").join(Content.assemble((row, COLOURS)) for row in qr_rows(text))

"""PURE: a QR code as the path of an inline SVG, so that a template draws it without markup from elsewhere."""

from dataclasses import dataclass
from typing import Final

import segno

QUIET_ZONE: Final = 4
"""Modules of white around it (ISO/IEC 18004, 6.3.8)."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`size`: modules of a side, the quiet zone included; `path`: its dark modules as SVG path data."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """The smallest one with error correction M that holds `text`."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    dark = [(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    path = "".join(f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z" for x, y in dark)
    return QrCode(len(rows) + 2 * QUIET_ZONE, path)

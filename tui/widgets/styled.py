"""Text with tones. `Content` reads no markup, so a caller's "[red]" stays seven characters."""

from typing import Final

from textual.content import Content

TONES: Final = {
    "": "",
    "bold": "bold",
    "dim": "$text-muted",
    "ok": "$text-success",
    "warn": "$text-warning",
    "bad": "bold $text-error",
    "caller": "bold $text-accent",
    "ours": "bold $text-primary",
    "head": "bold $text-secondary",
    "here": "bold reverse $text-secondary",
}
Toned = str | tuple[str, str]
"""Text, or (text, tone)."""


def styled(*parts: Toned) -> Content:
    """The parts one after another."""
    return Content.assemble(*((part, "") if isinstance(part, str) else (part[0], TONES[part[1]]) for part in parts))


def lines(*rows: Content) -> Content:
    """One under another."""
    return Content("\n").join(rows)

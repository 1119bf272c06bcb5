"""PURE: what the page is made of, for its navigation. A group of pages names its own entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webui.auth.roles import Permission

SECTIONS: Final = ("now", "people", "secretary", "box", "you")
"""In the order in which they stand; a text `menu.section.<name>` each."""
THUMBS: Final = 4
"""Entries in the bar under a thumb, before the one that opens the rest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation. `text`: a msgid; `icon`: of the sprite; `rank`: its place in the section; `thumb`: its
    place in the bar of a phone, 0 for none."""

    path: str
    text: str
    icon: str
    needs: Permission
    section: str
    rank: int = 50
    thumb: int = 0

    def leads_to(self, path: str) -> bool:
        """Whether `path` is this page or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


@dataclass(frozen=True, slots=True)
class Menu:
    """What one visitor sees: `sections` in order, `thumbs` for a phone, the entry that leads to the page shown."""

    sections: tuple[tuple[str, tuple[Entry, ...]], ...]
    thumbs: tuple[Entry, ...]
    here: Entry | None


def menu_of(entries: Iterable[Entry], may: Iterable[Permission], path: str) -> Menu:
    """The menu of one who has the permissions `may`, at `path`."""
    allowed = frozenset(may)
    shown = sorted((one for one in entries if one.needs in allowed), key=lambda one: (one.rank, one.path))
    sections = [(name, tuple(one for one in shown if one.section == name)) for name in SECTIONS]
    thumbs = sorted((one for one in shown if one.thumb), key=lambda one: one.thumb)[:THUMBS]
    at = max((one for one in shown if one.leads_to(path)), key=lambda one: len(one.path), default=None)
    return Menu(tuple((name, found) for name, found in sections if found), tuple(thumbs), at)

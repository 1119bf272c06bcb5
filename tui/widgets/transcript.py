"""What is said in a call, line by line."""

from collections.abc import Sequence
from typing import Final

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.amounts import seconds
from tui.i18n.texts import Texts
from tui.live import Spoken
from tui.plain import joined
from tui.widgets.styled import Toned, lines, styled

PART_TONES: Final = ("ours", "caller", "warn", "ok", "head", "dim")
SPLIT_CELLS: Final = 12
"""Width of the bar that shows where an answer's time went."""
LEAST_MS: Final = 0.5


def spoken(line: Spoken, say: Texts) -> Content:
    """One line, and under an answer where its time went."""
    if line.who == "caller":
        sure: Toned = (f" {line.confidence:.0%}", "dim") if line.confidence else ""
        return styled((f"◀ {say('who.caller')}: ", "caller"), line.text, sure)
    if line.who in ("keys", "message", "lost"):
        mark, tone = {"keys": ("◀", "caller"), "message": ("✉", "ok"), "lost": ("!", "bad")}[line.who]
        return styled((f"{mark} {say(f'who.{line.who}')}: ", tone), line.text)
    source = joined((say.known(f"source.{line.source}", line.source), line.detail))
    parts: list[Toned] = [(f"▶ {say('who.secretary')}: ", "ours"), line.text]
    if line.interrupted:
        parts.append((f" — {say('interrupted')}", "warn"))
    if line.open:
        parts.append((" …", "dim"))
    if source:
        parts.append((f" [{source}]", "dim"))
    answer = styled(*parts)
    return lines(answer, split(line, say)) if line.total is not None else answer


def split(line: Spoken, say: Texts) -> Content:
    """The latency as a bar, each part in its tone, and in figures."""
    whole = sum(value for _, value in line.latency) or 1.0
    parts: list[Toned] = ["    ", (seconds(line.total or 0.0, say), "bold"), " "]
    figures: list[Toned] = []
    for (name, value), tone in zip(line.latency, PART_TONES, strict=False):
        if value < LEAST_MS:
            continue
        parts.append(("━" * round(value / whole * SPLIT_CELLS), tone))
        figures += [" ", (say(f"part.{name}"), tone), f" {value:.0f}"]
    return styled(*parts, *figures)


class Transcript(VerticalScroll, can_focus=True):
    """Follows the call; scrolls back by hand."""

    DEFAULT_CSS = """
    Transcript { height: 1fr; scrollbar-gutter: stable; }
    Transcript:focus { background-tint: $foreground 3%; }
    Transcript > Static { height: auto; }
    """

    def __init__(self, say: Texts) -> None:
        super().__init__()
        self._say = say
        self._shown: list[Spoken] = []

    def statics(self) -> Sequence[Static]:
        """The lines as they stand."""
        return [child for child in self.children if isinstance(child, Static)]

    async def show(self, spoken_lines: Sequence[Spoken], partial: str = "") -> None:
        """Draws what is new: lines that stay the same are not touched."""
        wanted = [*spoken_lines, *([Spoken("caller", f"{partial} …", open=True)] if partial else [])]
        same = next((i for i, pair in enumerate(zip(self._shown, wanted, strict=False)) if pair[0] != pair[1]), None)
        kept = min(len(self._shown), len(wanted)) if same is None else same
        there = self.statics()
        reused = there[kept : len(wanted)]
        for static, line in zip(reused, wanted[kept:], strict=False):
            static.update(spoken(line, self._say))
        if len(there) > len(wanted):
            await self.remove_children(there[len(wanted) :])
        fresh = [Static(spoken(line, self._say), markup=False) for line in wanted[kept + len(reused) :]]
        if fresh:
            await self.mount_all(fresh)
        self._shown = wanted

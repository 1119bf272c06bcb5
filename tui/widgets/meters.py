"""How loud both directions are: a bar each, on one line."""

from typing import Final

from textual.widgets import Static

from tui.i18n.texts import Texts
from tui.widgets.styled import Toned, styled

CELLS: Final = 18
LEAST_DB: Final = -60.0
"""The bar's left end: telephone lines are not quieter than that."""
STEPS: Final = ((-18.0, "ok"), (-6.0, "warn"), (0.0, "bad"))
"""Speech is meant to stay in the first stretch, ever louder sound ends in the last, where it distorts."""


def lit(level: float) -> int:
    """Cells of a bar for dB of full scale: any sound above the left end lights one."""
    part = (min(level, 0.0) - LEAST_DB) / -LEAST_DB
    return 0 if part <= 0 else max(1, round(part * CELLS))


def bar(level: float) -> list[Toned]:
    """Each stretch of it in its tone, what is not lit as a line."""
    cells, parts, done = lit(level), list[Toned](), 0
    for edge, tone in STEPS:
        end = min(cells, lit(edge))
        if end > done:
            parts.append(("▮" * (end - done), tone))
            done = end
    return [*parts, ("▯" * (CELLS - cells), "dim")]


class Meters(Static):
    """Empty while nobody measures."""

    DEFAULT_CSS = "Meters { height: 1; text-wrap: nowrap; }"

    def __init__(self, say: Texts) -> None:
        super().__init__(markup=False)
        self._say = say

    def show(self, levels: tuple[float, float] | None) -> None:
        """(heard, said) in dB of full scale."""
        if levels is None:
            self.update("")
            return
        heard, said = levels
        self.update(
            styled(
                ("◀ ", "caller"), *bar(heard), self._figure(heard), "  ", ("▶ ", "ours"), *bar(said), self._figure(said)
            )
        )

    def _figure(self, level: float) -> Toned:
        shown = f"{level:.0f}" if level > LEAST_DB else "—"
        return (f" {shown:>3} {self._say('unit.db')}", "dim")

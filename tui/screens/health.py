"""What is wrong with the box, why, and what to do; what can be put right by a key."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content

from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.ports import ExportFailed, Finding
from tui.screens.listing import ListPage, sliced
from tui.widgets.paged import Column
from tui.widgets.styled import Toned, styled
from tui.work import work

MARKS: Final = {"ok": "✓", "skipped": "·", "note": "i", "warning": "!", "error": "✗"}
TONES: Final = {"ok": "ok", "skipped": "dim", "note": "", "warning": "warn", "error": "bad"}
WORST_FIRST: Final = ("error", "warning", "note", "ok", "skipped")


class HealthPage(ListPage):
    """Checks, worst first; those that are well on demand."""

    NAME = "health"
    EMPTY = "health.well"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("m", "mend", "key.mend"),
        bound("o", "all", "key.all"),
        bound("d", "report", "key.report"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._all = False
        self._findings: dict[str, Finding] = {}

    def columns(self) -> Sequence[Column]:
        """How bad, what."""
        return (Column("", 1), Column(self.say("column.check"), 34), Column(self.say("column.detail")))

    def heading(self) -> str:
        """What is shown."""
        return self.say("health.all" if self._all else "health.wrong")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Looks at everything when the list is read from its top."""
        if before is None:
            found = await self.kit.tools.doctor.examine(self.say.language)
            self._findings = {finding.name: finding for finding in found}
        wanted = [each for each in self._findings.values() if self._all or each.level not in ("ok", "skipped")]
        wanted.sort(key=lambda each: WORST_FIRST.index(each.level))
        return sliced([self._row(each) for each in wanted], before, limit)

    def _row(self, finding: Finding) -> Row:
        tone = TONES[finding.level]
        mark, wrench = MARKS[finding.level], " ⚒" if finding.mends else ""
        return Row(finding.name, ((mark, tone), (plain(finding.title) + wrench, tone), (plain(finding.detail), "dim")))

    def whole(self, row: Row) -> Content:
        """Cause and remedy."""
        finding = self._findings[str(row.key)]
        parts: list[Toned] = [(plain(finding.title), "bold"), "  ", (plain(finding.detail), "dim")]
        if finding.cause:
            parts += ["\n", plain(finding.cause)]
        if finding.remedy:
            parts += ["\n", ("→ ", "warn"), plain(finding.remedy)]
        return styled(*parts)

    def action_all(self) -> None:
        """All checks, or only what is wrong."""
        self._all = not self._all
        self.look()

    def action_mend(self) -> None:
        """Asks first, naming what will be done."""
        mended = [plain(each.title) for each in self._findings.values() if each.mends]
        if not mended:
            self.tell(self.say("health.nothing"))
            return
        question = self.say("health.ask", what=", ".join(mended))
        self.once_sure(question, self.say("key.mend"), self._mend, "mend")

    async def _mend(self) -> None:
        done = await self.kit.tools.doctor.mend(self.say.language)
        self.tell(self.say("health.mended"), "\n".join(plain(line) for line in done))
        self.look()

    def action_report(self) -> None:
        """One file, to be sent with a question."""
        self.tell(self.say("health.reporting"))
        work(self, self._report, "report")

    async def _report(self) -> None:
        try:
            path = await self.kit.tools.doctor.report()
        except ExportFailed as error:
            self.tell(plain(error), severity="error")
        else:
            self.tell(self.say("health.reported"), plain(path))

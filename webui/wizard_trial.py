"""After the first set-up, on the dashboard: go on with it, or call the box and see that it answers."""

from dataclasses import dataclass

from secretaryd.control.protocol import CountCalls, ListCalls
from secretaryd.control.protocol.sim import ShowSim
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.ports import RequestDesk
from webui.view import Branch
from webui.wizard_marks import STEPS, WizardMarks


@dataclass(frozen=True, slots=True)
class Card:
    """`kind`: "unfinished" (set-up: `seen` of `of` screens), "call" (the number to call, "" for unknown) or "works"
    (the first call, answered)."""

    kind: str
    seen: int = 0
    of: int = len(STEPS)
    number: str = ""
    call: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Asked by the dashboard for who may set the box up; costs nothing once the first call was seen."""

    desk: RequestDesk
    marks: WizardMarks

    async def card(self, visitor: Visitor) -> Card | None:
        """None where there is nothing to say. Raises NotDone, CoreAway, WebStoreFailed."""
        if not visitor.may(Permission.MANAGE):
            return None
        progress = await self.marks.progress()
        if progress.open:
            return Card("unfinished", seen=len(progress.marks))
        if progress.ended is None or progress.tried:
            return None
        counts = Branch(await self.desk.ask(CountCalls(since=progress.ended), visitor.name)).part("counts")
        if counts.number("answered"):
            latest = (await self.desk.ask(ListCalls(limit=1), visitor.name))["calls"]
            return Card("works", call=int(Branch(latest[0] if latest else {}).number("id") or 0))
        sim = Branch(await self.desk.ask(ShowSim(), visitor.name)).part("sim")
        return Card("call", number=sim.text("number"))

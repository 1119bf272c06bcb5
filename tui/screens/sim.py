"""The SIM: its balance, when it was used, questions to the operator."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from secretaryd.control.protocol.sim import AskBalance, AskOperator, ShowSim
from tui.amounts import full_moment
from tui.keys import bound
from tui.paging import Key, Row
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage, sliced
from tui.screens.told import Told
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.work import work


class SimPage(ListPage):
    """What is known; asking takes up to a minute."""

    NAME = "sim"
    EMPTY = "sim.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("b", "balance", "key.balance"),
        bound("n", "ask", "key.ussd"),
    ]

    def columns(self) -> Sequence[Column]:
        """Fact, value."""
        return (Column("", 24), Column(""))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """A line a fact."""
        say, modem = self.say, self.kit.status.part("modem")
        sim = Tree.of(await self.kit.door.ask(ShowSim())).part("sim")
        state = modem.text("sim")
        balance = say("sim.roubles", n=sim.text("balance")) if sim.has("balance") else say("sim.unknown")
        facts = (
            ("sim.state", say.known(f"sim.{state}", state)),
            ("sim.operator", modem.text("operator")),
            ("sim.balance", balance),
            ("sim.balance_at", full_moment(sim.number("balance_at"), say)),
            ("sim.seen_at", full_moment(sim.number("seen_at"), say)),
            ("sim.used_at", full_moment(sim.number("used_at"), say)),
        )
        rows = [Row(key, ((say(key), "dim"), (value or "—", "bold"))) for key, value in facts]
        return sliced(rows, before, limit)

    def action_balance(self) -> None:
        """By the operator's own code."""
        self.tell(self.say("sim.asking"))
        work(self, self._balance, "ask")

    async def _balance(self) -> None:
        with self.told():
            told = Tree.of(await self.kit.door.ask(AskBalance()))
            self.app.push_screen(Told(self.kit, self.say("sim.balance"), told.lines("text")))
            self.look()

    def action_ask(self) -> None:
        """Any question; codes that change something are refused by the box."""
        field = Field("code", self.say("sim.code"), hint="*100#")
        self.app.push_screen(Form(self.kit, self.say("key.ussd"), (field,), self._ask, self.say("sim.note")))

    async def _ask(self, typed: dict[str, str]) -> None:
        told = Tree.of(await self.kit.door.ask(AskOperator(code=typed["code"])))
        self.call_later(self.app.push_screen, Told(self.kit, typed["code"], told.lines("text")))

"""What pages of the owner's content share: the last change of any of it can be taken back."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from secretaryd.control.protocol import Request
from secretaryd.control.protocol.content import Undo
from tui.keys import bound
from tui.paging import Key
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.work import work


class EditingPage(ListPage):
    """Settings, persona, questions."""

    BINDINGS: ClassVar[list[BindingType]] = [bound("u", "undo", "key.undo")]

    def fill(
        self, title: str, fields: Sequence[Field], request: Callable[[dict[str, str]], Request], note: str = ""
    ) -> None:
        """Opens a form; what is typed becomes a request."""

        async def save(typed: dict[str, str]) -> None:
            await self._ask(request(typed))

        self.app.push_screen(Form(self.kit, title, fields, save, note))

    def order(self, request: Request) -> None:
        """Asks for it, tells what came of it, looks anew."""
        work(self, partial(self._order, request), "order")

    async def _order(self, request: Request) -> None:
        with self.told():
            await self._ask(request)

    async def _ask(self, request: Request) -> None:
        self.list.prefer = self.row_of(request)
        self.ordered(request, Tree.of(await self.kit.door.ask(request)))
        self.look()

    def row_of(self, _: Request) -> Key | None:
        """The row that a request makes, or changes."""
        return None

    def ordered(self, _: Request, __: Tree) -> None:
        """It is done."""
        self.tell(self.say("saved"), self.say("saved.undo"))

    def action_undo(self) -> None:
        """The newest change, whoever made it; it is named."""
        work(self, self._undo, "order")

    async def _undo(self) -> None:
        with self.told():
            undone = Tree.of(await self.kit.door.ask(Undo())).part("undone")
            self.tell(self.say("undone"), f"{undone.text('what')} {undone.text('target')}")
            self.look()

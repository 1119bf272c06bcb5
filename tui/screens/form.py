"""A few lines to fill in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from secretaryd.control.client import ControlError, RequestRefused
from tui.keys import bound
from tui.kit import Kit
from tui.plain import plain
from tui.screens.ask import Ask
from tui.widgets.styled import styled
from tui.work import work


@dataclass(frozen=True, slots=True)
class Field:
    """`lines` above 1 makes it a text of several; `hint` stands in it while it is empty; `hidden` shows dots for the
    words."""

    key: str
    label: str
    value: str = ""
    lines: int = 1
    hint: str = ""
    hidden: bool = False


Save = Callable[[dict[str, str]], Awaitable[None]]
"""Does something with what was typed, by key. Raises ControlError: the form stays, with its words, and says why."""


class Form(ModalScreen[None]):
    """Leaving typed words asks first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("ctrl+s", "save", "key.save", priority=True),
        bound("escape", "leave", "key.cancel"),
    ]
    DEFAULT_CSS = """
    Form { align: center middle; }
    Form > Vertical { width: 76; max-width: 96%; height: auto; max-height: 96%; border: round $primary;
                      padding: 0 1; background: $surface; }
    Form VerticalScroll { height: auto; max-height: 100%; }
    Form Horizontal { height: auto; margin-bottom: 1; }
    Form .label { width: 16; color: $text-muted; }
    Form Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    Form Input:focus { border: none; background: $primary 20%; }
    Form TextArea { width: 1fr; border: none; padding: 0; background: $boost; }
    Form TextArea:focus { border: none; background: $primary 20%; }
    Form #refused { height: auto; max-height: 5; }
    Form .keys { color: $text-muted; height: 1; }
    """

    def __init__(self, kit: Kit, title: str, fields: Sequence[Field], save: Save, note: str = "") -> None:
        super().__init__()
        self._kit, self._title, self._fields, self._save, self._note = kit, title, tuple(fields), save, note

    def compose(self) -> ComposeResult:
        """Labels and lines."""
        with Vertical() as box:
            box.border_title = plain(self._title)
            with VerticalScroll(can_focus=False):
                for field in self._fields:
                    with Horizontal():
                        yield Static(field.label, markup=False, classes="label")
                        if field.lines == 1:
                            yield Input(
                                field.value,
                                placeholder=field.hint,
                                id=field.key,
                                password=field.hidden,
                                compact=True,
                            )
                        else:
                            area = TextArea(field.value, id=field.key, soft_wrap=True, compact=True)
                            area.styles.height = field.lines
                            yield area
                if self._note:
                    yield Static(self._note, markup=False)
            yield Static(markup=False, id="refused")
            yield Static(self._kit.say("form.keys"), markup=False, classes="keys")

    def on_mount(self) -> None:
        """The first line."""
        self.query("Input, TextArea").first().focus()

    def typed(self) -> dict[str, str]:
        """By key, as it stands."""
        lines = {str(line.id): line.value for line in self.query(Input)}
        return lines | {str(area.id): area.text for area in self.query(TextArea)}

    def on_input_submitted(self, _: Input.Submitted) -> None:
        """Enter goes on; after the last line it saves."""
        if self.focused is self.query("Input, TextArea").last():
            self.action_save()
        else:
            self.focus_next()

    def action_save(self) -> None:
        """Once at a time."""
        work(self, self._try, "save")

    async def _try(self) -> None:
        try:
            await self._save({key: value.strip() for key, value in self.typed().items()})
        except RequestRefused as error:
            problem = error.problem
            words = "\n".join(filter(None, (plain(problem.text), plain(problem.remedy))))
            self.query_one("#refused", Static).update(styled((words, "bad")))
        except ControlError:
            self.query_one("#refused", Static).update(styled((self._kit.say("away.away"), "bad")))
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Asks where something was typed."""
        if self.typed() == {field.key: field.value for field in self._fields}:
            self.dismiss(None)
            return
        say = self._kit.say
        self.app.push_screen(Ask(self._kit, say("ask.leave"), say("ask.throw_away")), self._left)

    def _left(self, sure: bool | None) -> None:
        if sure:
            self.dismiss(None)

"""Calling a number: the form for it, wherever a number stands."""

from secretaryd.control.protocol import DialNumber
from tui.amounts import phone
from tui.plain import plain
from tui.screens.form import Field, Form
from tui.screens.page import Page
from tui.tree import Tree


def dial_form(page: Page, number: str = "") -> None:
    """Asks for number and words; the box decides whether it may be dialled, and says why not."""
    say = page.say

    async def save(typed: dict[str, str]) -> None:
        done = Tree.of(await page.kit.door.ask(DialNumber(number=typed["number"], say=typed["say"])))
        page.tell(say("dial.begun", number=phone(done.text("number"))), say("dial.watch"))

    fields = (
        Field("number", say("column.number"), plain(number), hint="+7 916 123-45-67"),
        Field("say", say("dial.words"), lines=3),
    )
    page.app.push_screen(Form(page.kit, say("dial.title"), fields, save, say("dial.note")))

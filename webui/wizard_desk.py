"""What the screens of the first set-up share: the core, the marks, and the way from one screen to the next."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from secretaryd.control.protocol import Request as Asked
from webui import forms
from webui.auth.gate import Gate
from webui.auth.visitor import Visitor
from webui.dashboard import soon
from webui.ports import RequestDesk, StatusDesk
from webui.render import Renderer
from webui.wizard_marks import Mark
from webui.wizard_view import around, bar

REFUSED: Final = (400, 403, 404, 409, 422, 503, 504)
"""What the core says no with, and what is told on the screen itself."""
HOME: Final = "/"


@dataclass(frozen=True, slots=True)
class WizardDesk:
    """One for all screens."""

    desk: RequestDesk
    status: StatusDesk
    gate: Gate
    renderer: Renderer

    async def ask(self, request: Request, asked: Asked) -> Any:
        """The core, in the visitor's name. Raises NotDone, CoreAway."""
        return await self.desk.ask(asked, forms.who(request))

    async def state(self) -> dict[str, Any]:
        """Of the box. Raises CoreAway."""
        return await soon(self.status.status())

    async def page(self, request: Request, step: str, code: int = 200, template: str = "", **context: Any) -> Response:
        """A screen with the bar of all."""
        visitor: Visitor | None = request.scope.get("visitor")
        progress = await self.gate.wizard.progress()
        before, after = around(step)
        shown = {
            "step": step,
            "steps": bar(step, progress, signed_in=visitor is not None),
            "before": before,
            "after": after,
            "trouble": "",
            "todo": "",
            **context,
        }
        return self.renderer.page(request, template or f"wizard_{step}.html", code, **shown)

    async def go_on(self, step: str, mark: Mark) -> Response:
        """To the next screen, or home from the last one."""
        await self.gate.wizard.note(step, mark)
        _, after = around(step)
        if not after:
            await self.gate.wizard.end()
        return RedirectResponse(after or HOME, 303)

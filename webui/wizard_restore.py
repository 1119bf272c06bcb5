"""Back from a backup, at the beginning of the first set-up: looked at first, then everything or nothing."""

import glob
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.backup import ListBackups, RestoreBackup, VerifyBackup
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.forms import area, form_of, line, text_of, visitor_of
from webui.view import Branch
from webui.wizard_desk import REFUSED, WizardDesk
from webui.wizard_marks import Mark
from webui.wizard_view import PATHS, held, job

PATH: Final = "/setup/restore"
SUFFIX: Final = ".tar.gz.age"
PLACES: Final = tuple(
    f"{place}{depth}/*{SUFFIX}" for place in ("/media", "/mnt", "/run/media") for depth in ("", "/*", "/*/*", "/*/*/*")
)
MAX_FOUND: Final = 50
MAX_KEY: Final = 4096
MAX_ASKED: Final = 8


@dataclass(slots=True)
class Wish:
    """What one session wants restored. `key` is his kit; `gone`: the order was given."""

    name: str
    key: str
    gone: bool = False

    def __repr__(self) -> str:
        return f"Wish({self.name!r}, key=****, gone={self.gone})"


@dataclass(frozen=True, slots=True)
class Choice:
    """An archive. `value` is what the core is asked with."""

    value: str
    name: str
    where: str
    made: str


@dataclass(frozen=True, slots=True)
class RestoreScreen:
    """`/setup/restore`."""

    desk: WizardDesk
    wishes: dict[str, Wish] = field(default_factory=dict)
    """By session: the key is needed twice, and typed once; in memory alone."""

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page(PATH, self.show, Permission.MANAGE),
            page(PATH, self.act, Permission.MANAGE, ["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Archives to choose from; what one holds; how far it is."""
        return await self._page(request)

    async def act(self, request: Request) -> Response:
        """A look at one; the restore itself; or on without."""
        form, session = await form_of(request), _session(request)
        wish = self.wishes.get(session)
        try:
            match text_of(form, "do"):
                case "look":
                    return await self._look(request, line(form, "name", 4096), area(form, "key", MAX_KEY))
                case "go" if wish is not None and not wish.gone:
                    if not text_of(form, "sure"):
                        say = self.desk.renderer.say(request)
                        return await self._page(request, 400, trouble=say("wizard.restore.unsure"))
                    wish.gone = True
                    await self.desk.ask(request, RestoreBackup(name=wish.name, key=wish.key))
                case "on":
                    self.wishes.pop(session, None)
                    if wish is not None and wish.gone:
                        await self.desk.gate.wizard.note("company", Mark.DONE)
                        return RedirectResponse(PATHS["line"], 303)
                    return RedirectResponse(PATHS["company"], 303)
                case "other":
                    self.wishes.pop(session, None)
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            if wish is not None:
                wish.gone = False
            return await self._page(request, error.status, trouble=str(error), todo=error.remedy)
        return RedirectResponse(PATH, 303)

    async def _look(self, request: Request, name: str, key: str) -> Response:
        answer, say = await self.desk.ask(request, ListBackups()), self.desk.renderer.say(request)
        if name not in {one.value for one in self._choices(answer, request)}:
            return await self._page(request, 400, trouble=say("wizard.restore.unchosen"))
        await self.desk.ask(request, VerifyBackup(name=name, key=key))
        while len(self.wishes) >= MAX_ASKED:
            self.wishes.pop(next(iter(self.wishes)))
        self.wishes[_session(request)] = Wish(name, key)
        return RedirectResponse(PATH, 303)

    async def _page(self, request: Request, code: int = 200, **more: Any) -> Response:
        answer, say = await self.desk.ask(request, ListBackups()), self.desk.renderer.say(request)
        wish, row = self.wishes.get(_session(request)), Branch(answer.get("job"))
        now = job(answer.get("job"), say) if wish is not None else None
        mine = now is not None and now.do in ("verify", "restore")
        # The core started again and knows of no job: it is over. One that failed changed nothing.
        over = wish is not None and wish.gone and (not mine or (now is not None and now.do == "verify"))
        if wish is not None and mine and now is not None and now.do == "restore" and now.state == "failed":
            wish.gone = False
        found = held(row.part("result").tree, say) if mine and now is not None and now.state == "done" else None
        return await self.desk.page(
            request, "language", code, "wizard_restore.html", choices=self._choices(answer, request), wish=wish,
            job=now if mine else None, held=found, over=over, **more,
        )  # fmt: skip

    def _choices(self, answer: dict[str, Any], request: Request) -> list[Choice]:
        say = self.desk.renderer.say(request)
        folder = Branch(answer).text("folder")
        rows = [Branch(row) for row in answer.get("backups", ())][:MAX_FOUND]
        own = [Choice(row.text("name"), row.text("name"), folder, say.moment(row.number("made"))) for row in rows]
        sticks = sorted({path for place in PLACES for path in glob.glob(place)})  # noqa: PTH207 (a pattern)
        there = [PurePosixPath(path) for path in sticks if not path.startswith(f"{folder}/")][:MAX_FOUND]
        return own + [Choice(str(path), path.name, str(path.parent), "") for path in there]


def _session(request: Request) -> str:
    session = visitor_of(request).session
    return session.id if session is not None else ""

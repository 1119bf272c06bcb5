"""The screens of the first set-up that the owner sees: company and greeting, line, models, backup key.

One path a screen; what its form wants stands in `do`. Every answer to a form is a redirect, or the screen with what was
typed and why it was not done, so that all of it works without JavaScript and a form sent twice does no harm.
"""

import base64
import glob
import os
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.backup import ListBackups, MakeBackupKey
from secretaryd.control.protocol.content import SetConfig, SetPersona, ShowPersona
from secretaryd.control.protocol.hearing import Speak
from secretaryd.control.protocol.models import ImportModels, InstallModels, ListModels, StopModels, UseModel
from secretaryd.control.protocol.sim import EnterPin, ShowSim
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.forms import area, form_of, line, text_of, visitor_of
from webui.limits import Limit
from webui.persona_view import persona
from webui.qr import qr_code
from webui.view import Branch
from webui.wizard_desk import REFUSED, WizardDesk
from webui.wizard_marks import Mark
from webui.wizard_view import (
    PATHS,
    bundles,
    checks,
    done_or_skipped,
    greeting_of,
    in_use,
    job,
    left_in_words,
    number_of,
    pin_left,
    takes_calls,
)

FIELDS: Final = ("name", "company", "greeting")
MAX_FIELD: Final = 400
MAX_SAID: Final = 600
STICKS: Final = ("/media/*", "/media/*/*", "/mnt/*", "/run/media/*/*")
"""Where sticks are mounted; the core takes models from nowhere else."""
MAX_STICKS: Final = 20
MAX_KITS: Final = 8


@dataclass(frozen=True, slots=True)
class Screens:
    """Company, line, models."""

    desk: WizardDesk

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        manage = Permission.MANAGE
        return [
            page(PATHS["company"], self.company, manage),
            page(PATHS["company"], self.set_company, manage, ["POST"]),
            page("/setup/greeting.wav", self.greeting, manage, limit=Limit.TTS),
            page(PATHS["line"], self.line, manage),
            page(PATHS["line"], self.set_line, manage, ["POST"]),
            page(PATHS["models"], self.models, manage),
            page(PATHS["models"], self.set_models, manage, ["POST"]),
        ]

    # Company and greeting

    async def company(self, request: Request) -> Response:
        """Who answers, and with which words."""
        return await self._company(request)

    async def set_company(self, request: Request) -> Response:
        """Saved, or heard first."""
        form = await form_of(request)
        if text_of(form, "do") == "skip":
            return await self.desk.go_on("company", Mark.SKIPPED)
        typed = {name: area(form, name, MAX_FIELD) for name in FIELDS}
        if text_of(form, "do") == "hear":
            return await self._company(request, typed=typed, heard=True)
        now = await self._persona(request)
        changed = {name: value for name, value in typed.items() if value and value != now[name]}
        try:
            if changed:
                await self.desk.ask(request, SetPersona(**changed))
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            return await self._company(request, error.status, typed=typed, trouble=str(error))
        return await self.desk.go_on("company", Mark.DONE)

    async def greeting(self, request: Request) -> Response:
        """As it would sound with what is typed, in the voice that callers hear."""
        query = request.query_params
        said = query.get("greeting", "")[:MAX_FIELD]
        for name in ("name", "company"):
            said = said.replace(f"{{{name}}}", query.get(name, "")[:MAX_FIELD])
        if not said.strip():
            raise HTTPException(404)
        answer = await self.desk.ask(request, Speak(text=said[:MAX_SAID]))
        return Response(base64.b64decode(answer["wav"]), media_type="audio/wav")

    async def _company(self, request: Request, code: int = 200, **more: Any) -> Response:
        typed = more.pop("typed", None) or await self._persona(request)
        return await self.desk.page(request, "company", code, **{"typed": typed, "heard": False, **more})

    async def _persona(self, request: Request) -> dict[str, str]:
        answer, status = await self.desk.ask(request, ShowPersona()), Branch(await self.desk.state())
        shown = persona(answer)
        greeting = greeting_of(answer, status.part("box").text("language"))
        return {"name": shown.name, "company": shown.company, "greeting": greeting}

    # The line

    async def line(self, request: Request) -> Response:
        """Modem, SIM and network, as they are now."""
        return await self._line(request)

    async def set_line(self, request: Request) -> Response:
        """A PIN is tried once; else the number is kept, and on."""
        form = await form_of(request)
        match text_of(form, "do"):
            case "pin":
                return await self._pin(request, form)
            case "skip":
                return await self.desk.go_on("line", Mark.SKIPPED)
        typed, say = line(form, "number", 40), self.desk.renderer.say(request)
        number = number_of(typed)
        if number is None:
            return await self._line(request, 400, number=typed, number_trouble=say("wizard.line.number.bad"))
        try:
            if number != await self._number(request):
                await self.desk.ask(request, SetConfig(key="sim.number", value=number))
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            return await self._line(request, error.status, number=typed, number_trouble=str(error))
        return await self.desk.go_on("line", done_or_skipped(await self.desk.state(), say))

    async def _pin(self, request: Request, form: FormData) -> Response:
        say = self.desk.renderer.say(request)
        try:
            asked = EnterPin(pin=line(form, "pin", 16), last=bool(text_of(form, "last")))
            told = Branch(await self.desk.ask(request, asked))
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            words = say.known(f"wizard.pin.{error.code}") or str(error)
            return await self._line(request, error.status, pin_trouble=words)
        sim = told.text("sim")
        if told.flag("opened") or sim not in {"pin_wrong", "puk_required"}:
            return RedirectResponse(PATHS["line"], 303)
        left = told.number("left")
        words = say("wizard.pin.puk") if sim == "puk_required" else say("wizard.pin.wrong")
        return await self._line(request, 409, pin_trouble=words, left=None if left is None else int(left))

    async def _line(self, request: Request, code: int = 200, **more: Any) -> Response:
        status, say = await self.desk.state(), self.desk.renderer.say(request)
        found, (asks, left) = checks(status, say), pin_left(status)
        left = more.pop("left", left)
        if "number" not in more:
            more["number"] = await self._number(request)
        context = {"pin_trouble": "", "number_trouble": "", **more}
        return await self.desk.page(
            request, "line", code, checks=found, takes_calls=takes_calls(found), asks_pin=asks,
            left=left, left_words=left_in_words(left, say), **context,
        )  # fmt: skip

    async def _number(self, request: Request) -> str:
        return Branch(await self.desk.ask(request, ShowSim())).part("sim").text("number")

    # Models

    async def models(self, request: Request) -> Response:
        """What hears, speaks and answers; what could."""
        return await self._models(request)

    async def set_models(self, request: Request) -> Response:
        """A job begins, ends, or what it brought is put to use."""
        form = await form_of(request)
        name = line(form, "name", 120)
        try:
            match text_of(form, "do"):
                case "next":
                    return await self.desk.go_on("models", Mark.DONE)
                case "install":
                    await self.desk.ask(request, InstallModels(names=(name,)))
                case "stick" if name in found_sticks():
                    await self.desk.ask(request, ImportModels(source=name))
                case "stop":
                    await self.desk.ask(request, StopModels())
                case "use":
                    await self._use(request, name)
                case "skip":
                    return await self.desk.go_on("models", Mark.SKIPPED)
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            return await self._models(request, error.status, trouble=str(error), todo=error.remedy)
        return RedirectResponse(PATHS["models"], 303)

    async def _use(self, request: Request, name: str) -> None:
        answer = await self.desk.ask(request, ListModels())
        for bundle in answer["bundles"]:
            if bundle["name"] == name:
                for model in bundle["models"]:
                    await self.desk.ask(request, UseModel(name=model))

    async def _models(self, request: Request, code: int = 200, **more: Any) -> Response:
        answer, say = await self.desk.ask(request, ListModels()), self.desk.renderer.say(request)
        status = Branch(await self.desk.state())
        offered = bundles(answer, status.part("box").text("language"), say)
        starter = status.part("speech").flag("starter") is True
        return await self.desk.page(
            request, "models", code, facts=in_use(answer, say), starter=starter, bundles=offered,
            job=job(answer.get("job"), say), sticks=found_sticks(),
            restart=starter and any(one.active for one in offered), **more,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyScreen:
    """The owner's key to his backups: shown until he says that he has kept it, and never after."""

    desk: WizardDesk
    kits: dict[str, str] = field(default_factory=dict)
    """Session to a key that its owner has not confirmed yet; in memory alone."""

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        manage = Permission.MANAGE
        return [
            page(PATHS["key"], self.key, manage),
            page(PATHS["key"], self.set_key, manage, ["POST"]),
            page("/setup/key.txt", self.as_file, manage),
        ]

    async def key(self, request: Request) -> Response:
        """Made, to be made, or to be kept just now."""
        return await self._key(request)

    async def set_key(self, request: Request) -> Response:
        """Made once; kept by the owner's word; or left for later."""
        form, say = await form_of(request), self.desk.renderer.say(request)
        session = _session(request)
        match text_of(form, "do"):
            case "make" if session not in self.kits:
                return await self._make(request)
            case "kept":
                if session in self.kits and not text_of(form, "kept"):
                    return await self._key(request, 400, trouble=say("wizard.key.unconfirmed"))
                self.kits.pop(session, None)
                there = (await self.desk.ask(request, ListBackups()))["owner_key"]
                return await self.desk.go_on("key", Mark.DONE if there else Mark.SKIPPED)
            case "skip":
                self.kits.pop(session, None)
                return await self.desk.go_on("key", Mark.SKIPPED)
        return RedirectResponse(PATHS["key"], 303)

    async def as_file(self, request: Request) -> Response:
        """The same page to be kept as a file."""
        secret, say = self.kits.get(_session(request), ""), self.desk.renderer.say(request)
        if not secret:
            raise HTTPException(404)
        text = "\r\n".join((say("wizard.key.file"), "", secret, ""))
        named = {"content-disposition": 'attachment; filename="secretary-key.txt"'}
        return Response(text.encode("utf-8-sig"), media_type="text/plain; charset=utf-8", headers=named)

    async def _make(self, request: Request) -> Response:
        try:
            made = await self.desk.ask(request, MakeBackupKey())
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            return await self._key(request, error.status, trouble=str(error))
        while len(self.kits) >= MAX_KITS:
            self.kits.pop(next(iter(self.kits)))
        self.kits[_session(request)] = str(made["secret"])
        return RedirectResponse(PATHS["key"], 303)

    async def _key(self, request: Request, code: int = 200, **more: Any) -> Response:
        secret = self.kits.get(_session(request), "")
        there = bool((await self.desk.ask(request, ListBackups()))["owner_key"])
        picture = qr_code(secret) if secret else None
        return await self.desk.page(request, "key", code, secret=secret, there=there, picture=picture, **more)


def found_sticks() -> list[str]:
    """Those that are mounted now."""
    found = {path for pattern in STICKS for path in glob.glob(pattern) if os.path.ismount(path)}  # noqa: PTH207
    return sorted(found)[:MAX_STICKS]


def _session(request: Request) -> str:
    session = visitor_of(request).session
    return session.id if session is not None else ""

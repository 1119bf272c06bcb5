"""Who answers: name, company, greeting, style, the facts that callers may know; heard before callers hear it."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.content import (
    ListPersonas,
    RemoveFact,
    SaveFact,
    SavePersona,
    SetPersona,
    ShowPersona,
    UsePersona,
)
from secretaryd.control.protocol.hearing import Speak
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.changes import undo_path
from webui.errors import NotDone
from webui.limits import Limit
from webui.menu import Entry
from webui.persona_view import persona, ready
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.together import together
from webui.view import Branch

ENTRIES: Final = (Entry("/persona", "persona.title", "user-circle", Permission.FAQ_READ, "secretary", 20),)
FIELDS: Final = ("name", "company", "style", "greeting")
MAX_FIELD: Final = 2000
MAX_TEXT: Final = 60_000
MAX_SAID: Final = 600
REFUSED: Final = (400, 409, 422)


@dataclass(frozen=True, slots=True)
class PersonaPages:
    """`/persona` and what lies below it."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/persona", self.show, Permission.FAQ_READ),
            page("/persona/greeting.wav", self.greeting, Permission.CALLS_ACT, limit=Limit.TTS),
            page("/persona/set", self.set, Permission.PERSONA_WRITE, ["POST"]),
            page("/persona/text", self.text, Permission.PERSONA_WRITE, ["POST"]),
            page("/persona/use", self.use, Permission.PERSONA_WRITE, ["POST"]),
            page("/persona/facts", self.fact, Permission.PERSONA_WRITE, ["POST"]),
            page("/persona/facts/remove", self.forget, Permission.PERSONA_WRITE, ["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The one in force."""
        return await self._page(request)

    async def greeting(self, request: Request) -> Response:
        """The greeting in the voice that callers hear."""
        shown = persona(await self._ask(request, ShowPersona()))
        said = shown.greeting.replace("{name}", shown.name).replace("{company}", shown.company)[:MAX_SAID]
        if not said:
            raise HTTPException(404)
        wav = base64.b64decode((await self._ask(request, Speak(text=said)))["wav"])
        return Response(wav, media_type="audio/wav")

    async def set(self, request: Request) -> Response:
        """What differs and is not empty is changed: the rest may hold blanks that are shown filled in."""
        form, now = await forms.form_of(request), persona(await self._ask(request, ShowPersona()))
        given = {name: forms.area(form, name, MAX_FIELD) for name in FIELDS}
        changed = {name: value for name, value in given.items() if value and value != getattr(now, name)}
        if not changed:
            return self.renderer.done(request, "/persona", "settings.told.same")
        return await self._done(request, SetPersona(**changed), "persona.told.saved", typed=given)

    async def text(self, request: Request) -> Response:
        """The whole text, for who knows TOML; another's edit in between is not overwritten."""
        form = await forms.form_of(request)
        text = forms.area(form, "text", MAX_TEXT) + "\n"
        asked = SavePersona(text=text, version=forms.line(form, "version") or None)
        return await self._done(request, asked, "persona.told.saved", text=text)

    async def use(self, request: Request) -> Response:
        """A ready one, or (for "") the one that the box came with."""
        asked = UsePersona(id=forms.line(await forms.form_of(request), "id"))
        return await self._done(request, asked, "persona.told.used")

    async def fact(self, request: Request) -> Response:
        """On a topic, new or changed."""
        form = await forms.form_of(request)
        words = tuple(one.strip() for one in forms.line(form, "keywords").split(",") if one.strip())
        fact = SaveFact(
            topic=forms.line(form, "topic", 60),
            value=forms.area(form, "value", MAX_FIELD),
            label=forms.line(form, "label"),
            say=forms.area(form, "say", MAX_FIELD),
            keywords=words,
        )
        return await self._done(request, fact, "persona.told.fact")

    async def forget(self, request: Request) -> Response:
        """No caller hears it any more."""
        topic = forms.line(await forms.form_of(request), "topic")
        return await self._done(request, RemoveFact(topic=topic), "persona.told.forgotten")

    async def _done(self, request: Request, asked: Any, key: str, **typed: Any) -> Response:
        """Back to the page; a refusal is told above it, with what was typed."""
        try:
            await self._ask(request, asked)
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            return await self._page(request, error.status, trouble=str(error), **typed)
        return self.renderer.done(request, "/persona", key, undo=await undo_path(self.desk, request))

    async def _page(self, request: Request, code: int = 200, **more: Any) -> Response:
        answer, listed = await together(self._ask(request, ShowPersona()), self._ask(request, ListPersonas()))
        shown, found = persona(answer), Branch(listed)
        text = answer.get("text")
        context: dict[str, Any] = {
            "trouble": "", "typed": {name: getattr(shown, name) for name in FIELDS},
            "text": text if isinstance(text, str) else "", **more,
        }  # fmt: skip
        return self.renderer.page(
            request, "persona.html", code, persona=shown, ready=ready(found.tree, self.renderer.say(request)),
            active=found.text("active"), own=found.flag("own") is True, **context,
        )  # fmt: skip

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))

"""Models tried out: a phrase said and heard, a question to the language model, a recording recognised."""

import asyncio
import base64
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.hearing import Speak, Transcribe
from secretaryd.control.protocol.trial import AskModel
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.limits import Limit
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.sound import MAX_WAV, BadSound, pcm_of
from webui.view import Branch

MAX_SAID: Final = 600
MAX_ASKED: Final = 1000
MAX_ANSWER: Final = 8000
REFUSED: Final = (400, 409, 413, 422, 503)
"""Told on the page."""


@dataclass(frozen=True, slots=True)
class TrialPages:
    """`/models/try` and what is done there. While a call is on the line the core refuses: the machine is his."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/models/try", self.show, Permission.MANAGE),
            page("/models/try/said.wav", self.said, Permission.MANAGE, limit=Limit.TTS),
            page("/models/try/ask", self.ask, Permission.MANAGE, ["POST"], limit=Limit.LLM),
            page("/models/try/hear", self.hear, Permission.MANAGE, ["POST"], limit=Limit.STT),
        ]

    async def show(self, request: Request) -> Response:
        """`say`: a phrase that the page's player asks for."""
        return self._page(request)

    async def said(self, request: Request) -> Response:
        """A phrase in the voice that callers hear."""
        text = request.query_params.get("text", "").strip()[:MAX_SAID]
        if not text:
            raise HTTPException(404)
        wav = base64.b64decode((await self._ask(request, Speak(text=text)))["wav"])
        return Response(wav, media_type="audio/wav")

    async def ask(self, request: Request) -> Response:
        """One question to the model."""
        text = forms.line(await forms.form_of(request), "text", MAX_ASKED)
        if not text:
            return self._page(request)
        try:
            answer = Branch(await self._ask(request, AskModel(text=text)))
        except NotDone as error:
            return self._refused(request, error, question=text)
        say = self.renderer.say(request)
        took = {name: say.number(answer.number(name) or 0.0, 1) for name in ("first", "took")}
        words = answer.tree.get("text")
        told = words.strip()[:MAX_ANSWER] if isinstance(words, str) else ""
        return self._page(request, question=text, answer=told or say("trial.nothing"), took=say("trial.took", **took))

    async def hear(self, request: Request) -> Response:
        """What is said in a recording."""
        say = self.renderer.say(request)
        try:
            pcm = await asyncio.to_thread(pcm_of, await forms.sent_file(request, MAX_WAV))
            found = Branch(await self._ask(request, Transcribe(pcm=pcm)))
        except BadSound as error:
            return self._page(request, 422, trouble=say("trial.bad", why=say(error.key, **error.values)))
        except NotDone as error:
            return self._refused(request, error)
        figures = {name: say.number(found.number(name) or 0.0, 1) for name in ("seconds", "took")}
        sure = say.percent(found.number("confidence") or 0.0)
        words = found.tree.get("text")
        heard = words.strip()[:MAX_ANSWER] if isinstance(words, str) else ""
        return self._page(
            request, heard=heard or say("trial.heard.none"), figures=say("trial.heard.took", sure=sure, **figures)
        )

    def _refused(self, request: Request, error: NotDone, **typed: str) -> Response:
        if error.status not in REFUSED:
            raise error
        return self._page(request, error.status, trouble=str(error), remedy=error.remedy, **typed)

    def _page(self, request: Request, code: int = 200, **shown: Any) -> Response:
        said = request.query_params.get("say", "").strip()[:MAX_SAID]
        context = {"trouble": "", "remedy": "", "question": "", "answer": "", "took": "", "heard": "", "figures": ""}
        sound = f"/models/try/said.wav?{urlencode({'text': said})}" if said else ""
        return self.renderer.page(request, "trial.html", code, said=said, sound=sound, **{**context, **shown})

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))

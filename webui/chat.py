"""Talks with the model: found, asked, read as they come, heard. Each user has his own."""

import base64
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.chat import (
    AnswerChat,
    CreateChat,
    DeleteChat,
    EditChat,
    FollowChat,
    ListChats,
    ShowChat,
    ShowChatPrompt,
    StopChat,
    UndeleteChat,
)
from secretaryd.control.protocol.hearing import Speak
from webui import chat_stream, forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.chat_view import Choices, choices, said, session, spoken
from webui.errors import NotDone
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import LiveDesk
from webui.render import HTMX, Renderer
from webui.together import together

ENTRIES: Final = (Entry("/chat", "menu.chat", "message-chatbot", Permission.CHAT, "now", 30, thumb=4),)
PAGE: Final = 40
MESSAGES: Final = 60
MAX_QUESTION: Final = 8000
MAX_NAME: Final = 200
LONGEST: Final = 200
TELLS_ABOVE: Final = (400, 409)
"""Refusals that are told above the form, with what was typed."""


@dataclass(frozen=True, slots=True)
class ChatPages:
    """`/chat` and what lies below it."""

    desk: LiveDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        one, may = "/chat/{id:int}", Permission.CHAT
        return [
            page("/chat", self.list, may),
            page("/chat/new", self.new, may, ["POST"], limit=Limit.LLM),
            page(one, self.show, may),
            page(f"{one}/ask", self.ask, may, ["POST"], limit=Limit.LLM),
            page(f"{one}/again", self.again, may, ["POST"], limit=Limit.LLM),
            page(f"{one}/stop", self.stop, may, ["POST"]),
            page(f"{one}/events", self.events, may),
            page(f"{one}/said/{{message:int}}.wav", self.sound, may, limit=Limit.TTS),
            page(f"{one}/name", self.name, may, ["POST"]),
            page(f"{one}/settings", self.settings, may, ["POST"]),
            page(f"{one}/reset", self.reset, may, ["POST"]),
            page(f"{one}/delete", self.delete, may, ["POST"]),
            page(f"{one}/restore", self.restore, may, ["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """Sessions, the last changed first; with `q` those in which it stands."""
        return await self._list(request)

    async def new(self, request: Request) -> Response:
        """A session that begins with what was asked; an empty question begins an empty one."""
        text = forms.area(await forms.form_of(request), "text", MAX_QUESTION)
        try:
            number = int((await self._ask(request, CreateChat()))["chat"]["id"])
            if text:
                await self._begin(request, AnswerChat(id=number, text=text))
        except NotDone as error:
            if error.status not in TELLS_ABOVE:
                raise
            return await self._list(request, error.status, trouble=str(error), typed=text)
        return self.renderer.done(request, f"/chat/{number}#compose", "chat.told.new")

    async def show(self, request: Request) -> Response:
        """What was said, and the form for what one wants to know."""
        return await self._show(request)

    async def ask(self, request: Request) -> Response:
        """The model begins to answer. A page that is there already gets the two new messages, else the page is shown
        anew, and follows the answer."""
        text = forms.area(await forms.form_of(request), "text", MAX_QUESTION)
        return await self._answer(request, AnswerChat(id=_id(request), text=text), text)

    async def again(self, request: Request) -> Response:
        """The last answer, made anew."""
        return await self._answer(request, AnswerChat(id=_id(request), again=True))

    async def stop(self, request: Request) -> Response:
        """What is there of the answer is kept."""
        await self._ask(request, StopChat(id=_id(request)))
        return self.renderer.done(request, f"/chat/{_id(request)}#compose", "chat.told.stopped")

    async def events(self, request: Request) -> Response:
        """The answer that is under way, from its beginning, as server-sent events; then the message as it was kept."""
        number, who = _id(request), forms.who(request)
        stack = AsyncExitStack()  # entered before the answer begins, so that a refusal has its status
        pieces = await stack.enter_async_context(self.desk.stream(FollowChat(id=number), who))

        async def last() -> dict[str, Any]:
            found = await self.desk.ask(ShowChat(id=number, limit=1), who)
            rows = [row for row in found["messages"] if row.get("role") == "assistant"]
            html = [self._message(request, row, last=True) for row in rows]
            return {"html": "".join(html), "name": session(found["chat"], self.renderer.say(request)).name}

        return chat_stream.answer(request, stack, pieces, last)

    async def sound(self, request: Request) -> Response:
        """A message, spoken: whole, or (`?part=`) a part of it, so that the first is soon heard."""
        number, message = _id(request), int(request.path_params["message"])
        found = await self._ask(request, ShowChat(id=number, limit=1, before=message + 1))
        rows = [row for row in found["messages"] if row.get("id") == message]
        parts = spoken(str(rows[0].get("text", ""))) if rows else ()
        asked = forms.number(request.query_params.get("part", ""))
        if asked is not None:
            parts = parts[asked : asked + 1]
        if not parts:
            raise HTTPException(404)
        wavs = [base64.b64decode((await self._ask(request, Speak(text=part)))["wav"]) for part in parts]
        return Response(chat_stream.joined(wavs), media_type="audio/wav")

    async def name(self, request: Request) -> Response:
        """Another name; without one it is called as new ones are."""
        name = forms.line(await forms.form_of(request), "name", MAX_NAME)
        await self._ask(request, EditChat(id=_id(request), name=name))
        return self.renderer.done(request, f"/chat/{_id(request)}", "chat.told.named")

    async def settings(self, request: Request) -> Response:
        """Prompt, persona and model of this session alone. The usual prompt, sent back as it was shown, stays usual."""
        form = await forms.form_of(request)
        persona = forms.line(form, "persona", LONGEST)
        prompt = forms.area(form, "prompt", MAX_QUESTION)
        before = session(
            (await self._ask(request, ShowChat(id=_id(request), limit=1)))["chat"], self.renderer.say(request)
        )
        usual = {(await self._choices(request, one)).prompt.strip() for one in {persona, before.persona}}
        edit = EditChat(
            id=_id(request), persona=persona, node=forms.line(form, "node", LONGEST),
            prompt="" if prompt in usual else prompt,
        )  # fmt: skip
        try:
            await self._ask(request, edit)
        except NotDone as error:
            if error.status not in TELLS_ABOVE:
                raise
            return await self._show(request, error.status, trouble=str(error))
        return self.renderer.done(request, f"/chat/{_id(request)}", "chat.told.settings")

    async def reset(self, request: Request) -> Response:
        """Prompt, persona and model as they usually are."""
        await self._ask(request, EditChat(id=_id(request), prompt="", persona="", node=""))
        return self.renderer.done(request, f"/chat/{_id(request)}", "chat.told.reset")

    async def delete(self, request: Request) -> Response:
        """It can be brought back."""
        await self._ask(request, DeleteChat(id=_id(request)))
        return self.renderer.done(request, "/chat", "chat.told.deleted", undo=f"/chat/{_id(request)}/restore")

    async def restore(self, request: Request) -> Response:
        """Back as it was."""
        await self._ask(request, UndeleteChat(id=_id(request)))
        return self.renderer.done(request, f"/chat/{_id(request)}", "chat.told.restored")

    async def _list(self, request: Request, code: int = 200, **more: Any) -> Response:
        words = " ".join(request.query_params.get("q", "")[:LONGEST].split())
        before = _moment(request.query_params.get("before", ""))
        found, offered = await together(
            self._ask(request, ListChats(text=words, limit=PAGE, before=before)), self._choices(request)
        )
        say = self.renderer.say(request)
        rows = [session(row, say, words) for row in found["chats"]]
        query = {"q": words} if words else {}
        older = f"/chat?{urlencode({**query, 'before': repr(rows[-1].changed)})}" if found["more"] and rows else ""
        context = {"trouble": "", "typed": "", **more}
        return self.renderer.page(
            request, "chat.html", code, rows=rows, words=words, older=older, later=before is not None,
            ready=offered.ready, **context,
        )  # fmt: skip

    async def _show(self, request: Request, code: int = 200, **more: Any) -> Response:
        number, before = _id(request), forms.number(request.query_params.get("before", ""))
        found = await self._ask(request, ShowChat(id=number, limit=MESSAGES + 1, before=before))
        say, rows = self.renderer.say(request), found["messages"]
        chat = session(found["chat"], say)
        messages = [said(row, say) for row in rows[-MESSAGES:]]
        older = f"/chat/{number}?before={messages[0].id}" if len(rows) > MESSAGES else ""
        context = {"trouble": "", "typed": "", **more}
        return self.renderer.page(
            request, "chat_talk.html", code, chat=chat, messages=messages, older=older, latest=before is None,
            answering=found.get("answering") is True and before is None,
            choices=await self._choices(request, chat.persona), **context,
        )  # fmt: skip

    async def _answer(self, request: Request, asked: AnswerChat, typed: str = "") -> Response:
        try:
            question = await self._begin(request, asked)
        except NotDone as error:
            if error.status not in TELLS_ABOVE or HTMX in request.headers:
                raise
            return await self._show(request, error.status, trouble=str(error), typed=typed)
        if HTMX not in request.headers:
            return self.renderer.done(request, f"/chat/{asked.id}#compose", "chat.told.asked")
        html = self._message(request, question) if question else ""
        return HTMLResponse(html + self.renderer.part(request, "chat_open.html"))

    async def _begin(self, request: Request, asked: AnswerChat) -> Mapping[str, Any] | None:
        """The question as it is kept. Who hears no more than this ends nothing: the core goes on."""
        async with self.desk.stream(asked, forms.who(request)) as pieces:
            async for piece in pieces:
                return getattr(piece, "message", None)
        return None

    def _message(self, request: Request, row: Mapping[str, Any], *, last: bool = False) -> str:
        message = said(row, self.renderer.say(request))
        return self.renderer.part(request, "chat_said.html", chat_id=_id(request), one=message, last=last)

    async def _choices(self, request: Request, persona: str = "") -> Choices:
        """A persona that is gone leaves the usual one to choose from."""
        say = self.renderer.say(request)
        try:
            return choices(await self._ask(request, ShowChatPrompt(persona=persona)), say)
        except NotDone:
            return choices(await self._ask(request, ShowChatPrompt()), say)

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))


def _id(request: Request) -> int:
    return int(request.path_params["id"])


def _moment(text: str) -> float | None:
    """UTC epoch seconds as we wrote them into a link; None for anything else."""
    try:
        value = float(text[:40])
    except ValueError:
        return None
    return value if 0 <= value < 1e11 else None

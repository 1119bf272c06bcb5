"""`/admin/stt/stream`: a WebSocket for typing by voice. Sound goes in as it is spoken, words come back as heard.

The client sends `{"type": "start", "rate": 16000}`, then binary messages of s16le mono, `{"type": "finish"}` where a
phrase ends, `{"type": "stop"}` at the end. It is told `{"type": "stt.listening"}`, `stt.partial`, `stt.final`, and
`problem` where it cannot go on, in the words of the control protocol.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from secretaryd.control.protocol.hearing import Feed, Listen
from secretaryd.control.protocol.stream import Broken
from webui.api.desk import Tools
from webui.auth.guard import live
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.errors import CoreAway, NotDone
from webui.limits import Limit
from webui.sound import BadSound, resampler
from webui.unfit import Unfit

log = logging.getLogger(__name__)

PATH: Final = "/admin/stt/stream"
MAX_PIECE: Final = 64 * 1024
"""Of one binary message: two thirds of a second at 48 kHz."""
START_SECONDS: Final = 10.0
BAD_DATA: Final = 1007
"""WebSocket close codes (RFC 6455, 7.4.1)."""
GOING: Final = 1011


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A text message of the client's."""

    type: Literal["start", "finish", "stop"]
    rate: int = 16000


@dataclass(frozen=True, slots=True)
class HearingSocket:
    """One stream a connection."""

    tools: Tools

    def routes(self) -> list[BaseRoute]:
        """It says what it needs."""
        return [live(PATH, self.serve, Permission.CHAT, limit=Limit.STT)]

    async def serve(self, socket: WebSocket) -> None:
        """Until either side has enough."""
        visitor: Visitor = socket.scope["visitor"]
        await socket.accept()
        say = self.tools.renderer.say(socket)
        try:
            async with asyncio.timeout(START_SECONDS):
                first = msgspec.json.decode(await socket.receive_text(), type=Word)
            resample = resampler(first.rate)
        except (msgspec.MsgspecError, BadSound, TimeoutError, KeyError) as error:
            wrong = error if isinstance(error, BadSound) else Unfit("unfit.start")
            await _end(socket, BAD_DATA, Broken(code="start", text=say(wrong.key, **wrong.values)))
            return
        except WebSocketDisconnect:
            return
        name = secrets.token_hex(16)
        try:
            async with self.tools.desk.stream(Listen(stream=name), visitor.name) as pieces:
                feeding = asyncio.create_task(self._feed(socket, name, visitor.name, resample), name="stt.socket")
                try:
                    async for piece in pieces:
                        await socket.send_text(msgspec.json.encode(piece).decode())
                finally:
                    feeding.cancel()
                    await asyncio.wait({feeding})
            await _end(socket)
        except NotDone as error:
            await _end(socket, GOING, Broken(code=error.code, text=str(error), remedy=error.remedy))
        except CoreAway:
            await _end(socket, GOING, Broken(code="core_away", text=say("down.title")))
        except (WebSocketDisconnect, RuntimeError):
            log.debug("a voice stream ended at its client's end")

    async def _feed(self, socket: WebSocket, name: str, user: str, resample: Callable[[bytes, bool], bytes]) -> None:
        """What the client sends, to the core. It ends the stream, whatever happened."""
        finish = last = False
        try:
            while not last:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                piece, finish = message.get("bytes") or b"", False
                if len(piece) > MAX_PIECE:
                    return
                if message.get("text"):
                    word = msgspec.json.decode(message["text"], type=Word)
                    finish, last = word.type == "finish", word.type == "stop"
                pcm = await asyncio.to_thread(resample, piece, last)
                if pcm or finish or last:
                    await self.tools.desk.ask(Feed(stream=name, pcm=pcm, finish=finish, last=last), user)
        except (msgspec.MsgspecError, NotDone, CoreAway, RuntimeError) as error:
            log.debug("a voice stream is broken off", extra={"reason": str(error)})
        finally:
            if not last:
                with contextlib.suppress(NotDone, CoreAway):
                    await self.tools.desk.ask(Feed(stream=name, last=True), user)


async def _end(socket: WebSocket, code: int = 1000, problem: Broken | None = None) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        if problem is not None:
            await socket.send_text(msgspec.json.encode(problem).decode())
        await socket.close(code)

"""An answer to a browser while it is made: server-sent events `began`, `delta`…, `ended`; `bye` where nobody is signed
in any more. A window that comes back begins anew."""

import asyncio
import io
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from secretaryd.control.protocol import Piece
from secretaryd.control.protocol.stream import ChatDelta
from webui.auth.guard import COOKIE
from webui.errors import WebError
from webui.stream import HEADERS, LOOK_SECONDS, RETRY_MS, STILL_HERE_SECONDS, message

EVENTS: Final = "text/event-stream"
Last = Callable[[], Awaitable[dict[str, Any]]]
"""What `ended` carries: the message as it was kept, as a piece of the page, and the chat's name."""


def answer(request: Request, stack: AsyncExitStack, pieces: AsyncIterator[Piece], last: Last) -> Response:
    """The stream; closes `stack` at its end."""
    return StreamingResponse(_stream(request, stack, pieces, last), media_type=EVENTS, headers=HEADERS)


async def _stream(
    request: Request, stack: AsyncExitStack, pieces: AsyncIterator[Piece], last: Last
) -> AsyncIterator[bytes]:
    try:
        async with stack:
            yield b"retry: %d\n\n" % RETRY_MS + message("began", {})
            async for told in _told(request, pieces):
                yield told
            if await _holds(request):
                yield message("ended", await last())
    except WebError:  # deleted meanwhile, or the core went away: the window looks for itself
        yield message("lost", {})


async def _told(request: Request, pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    looked = spoke = time.monotonic()
    news = _Next(pieces)
    try:
        while (piece := await news.within(LOOK_SECONDS)) is not _Next.OVER:
            now = time.monotonic()
            if now - looked >= LOOK_SECONDS:
                looked = now
                if not await _holds(request):
                    yield message("bye", {})
                    return
            if isinstance(piece, ChatDelta):
                spoke = now
                yield message("delta", {"text": piece.text})
            elif now - spoke > STILL_HERE_SECONDS:
                spoke = now
                yield b": still here\n\n"
    finally:
        await news.close()


async def _holds(request: Request) -> bool:
    """Whether the session still is."""
    found: bool = await request.app.state.gate.holds(request.cookies.get(COOKIE, ""))
    return found


class _Next:
    """The next piece, waited for in slices: a wait that is broken off must not lose one."""

    OVER: Final = object()

    def __init__(self, pieces: AsyncIterator[Piece]) -> None:
        self._pieces = pieces
        self._waiting: asyncio.Future[Piece] | None = None

    async def within(self, seconds: float) -> Piece | object | None:
        """None where none came in time, OVER after the last one."""
        self._waiting = self._waiting or asyncio.ensure_future(anext(self._pieces))
        done, _ = await asyncio.wait({self._waiting}, timeout=seconds)
        if not done:
            return None
        waiting, self._waiting = self._waiting, None
        try:
            return waiting.result()
        except StopAsyncIteration:
            return self.OVER

    async def close(self) -> None:
        """Waits for no more."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait({self._waiting})


def joined(wavs: Sequence[bytes]) -> bytes:
    """WAV files of one kind as one."""
    if len(wavs) == 1:
        return wavs[0]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        for n, content in enumerate(wavs):
            with wave.open(io.BytesIO(content)) as part:
                if n == 0:
                    file.setparams(part.getparams())
                file.writeframes(part.readframes(part.getnframes()))
    return out.getvalue()

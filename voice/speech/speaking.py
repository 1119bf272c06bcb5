"""One connection's mouth: a text in, chunks of sound out, stoppable."""

import asyncio
import logging

from wyoming.event import Event

from voice.ports import RATE
from voice.speech import protocol
from voice.speech.host import EngineHost
from voice.speech.outbox import Outbox
from voice.speech.ports import SpeakingEngine, Utterance
from voice.speech.requests import BadRequest, Synthesize

log = logging.getLogger(__name__)

PIECE_BYTES = 2 * RATE // 10
"""100 ms, five frames of the line."""


class Speaking:
    """At most one utterance at a time, in the connection's task group."""

    def __init__(self, outbox: Outbox, group: asyncio.TaskGroup) -> None:
        self._outbox = outbox
        self._group = group
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """An utterance is on its way."""
        return self._task is not None and not self._task.done()

    def begin(self, request: Synthesize, host: EngineHost[SpeakingEngine]) -> None:
        """Starts speaking with that engine. Raises BadRequest, or EngineNotReady of the host."""
        try:
            utterance = host.engine.utter(request.text, request.pace)
        except ValueError as wrong:
            raise BadRequest(f"synthesize: {wrong}") from wrong
        self._task = self._group.create_task(self._speak(utterance, host), name="speech.speak")

    async def cancel(self) -> bool:
        """Stops the utterance and waits until it has; False when there was none."""
        if (task := self._task) is None or task.done():
            return False
        task.cancel()
        await asyncio.wait((task,))
        return True

    async def _speak(self, utterance: Utterance, host: EngineHost[SpeakingEngine]) -> None:
        try:
            await self._outbox.put(Event(protocol.Kind.AUDIO_START, protocol.AUDIO_FORMAT))
            while (pcm := await host.run(utterance.next)) is not None:
                for start in range(0, len(pcm), PIECE_BYTES):
                    piece = pcm[start : start + PIECE_BYTES]
                    await self._outbox.put(Event(protocol.Kind.AUDIO_CHUNK, protocol.AUDIO_FORMAT, piece))
            await self._outbox.put(Event(protocol.Kind.AUDIO_STOP))
        except Exception as failed:  # an engine may raise anything; it costs this text, not the connection
            log.exception("speech engine failed", extra={"engine": "voice"})
            await self._outbox.put(protocol.error(protocol.Code.ENGINE, str(failed)))
        finally:
            utterance.stop()

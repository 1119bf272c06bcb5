"""Recogniser, synthesiser and language models that do what a conversation's file says."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from secretaryd.answer.foresight import shared
from tests.fakes.caller_script import Reply
from voice.errors import ModelUnavailable, SpeechUnavailable, VoiceError
from voice.events import Final as FinalPhrase
from voice.events import Heard, Partial
from voice.llm.job import Request
from voice.llm.pace import Pace
from voice.llm.protocol import ChatMessage, LlmSettings, ModelState
from voice.llm.runner import ModelRunner
from voice.models.catalogue import Kind
from voice.models.store import STARTER, resolve
from voice.ports import RATE
from voice.speech.client import SpeechLimits

CHARACTERS_A_SECOND: Final = 14.0
CHARACTERS_A_TOKEN: Final = 3.0
RECOGNISER_LAG: Final = 0.15
FINAL_SECONDS: Final = 0.03
SYNTHESIS_SECONDS: Final = 0.12
LIMITS: Final = SpeechLimits()
UNSCRIPTED: Final = "not in the script"


class Faults:
    """Which engine is broken until when, and how: "dies" (refuses at once) or "hangs" (does nothing)."""

    def __init__(self) -> None:
        self._broken: dict[str, tuple[str, float]] = {}

    def clear(self) -> None:
        self._broken.clear()

    def strike(self, engine: str, how: str, seconds: float) -> None:
        assert engine in ("stt", "tts", "llm")
        assert how in ("dies", "hangs")
        self._broken[engine] = how, asyncio.get_running_loop().time() + seconds

    def of(self, engine: str) -> str:
        """How it is broken now; empty where it is well."""
        how, until = self._broken.get(engine, ("", 0.0))
        return how if asyncio.get_running_loop().time() < until else ""

    async def check(self, engine: str, patience: float, error: type[VoiceError]) -> None:
        """Raises what a client raises of a broken engine, at once or when it is out of patience."""
        if how := self.of(engine):
            await asyncio.sleep(patience if how == "hangs" else 0.0)
            raise error(f"{engine} {how}")


class ScriptedVoice:
    """A synthesiser as fast as it need be: silence as long as the text."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        assert language in ("ru", "en")
        assert not re.search(r"[<>{}]", text), f"markup is spoken: {text}"
        await self._faults.check("tts", LIMITS.first_sound, SpeechUnavailable)
        await asyncio.sleep(SYNTHESIS_SECONDS)
        samples = max(1, int(len(text) / CHARACTERS_A_SECOND * RATE / pace))
        yield bytes(2 * (samples // 2 + 1))
        await self._faults.check("tts", LIMITS.next_sound, SpeechUnavailable)
        yield bytes(2 * (samples // 2 + 1))


class ScriptedPool:
    """A pool of models that says what the script says, and nothing else; or the bundled model, infinitely fast, since
    the virtual clock stands still while it thinks. `replies`, `ready` and `starter` are set for each call."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self.replies: tuple[Reply, ...] = ()
        self.ready = False
        self.starter = False
        self.pace: Pace | None = None
        """Of a model as slow as that: it reads what is new in a prompt, and writes."""
        self._read: dict[str, str] = {}
        self._runner: ModelRunner | None = None
        self._running: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """The bundled model, once."""
        if self._runner is None:
            gguf = resolve(STARTER, Kind.LLM, Path()).path
            self._runner = ModelRunner(LlmSettings(Path("/nowhere"), gguf, threads=1))
            self._running = asyncio.create_task(self._runner.run(), name="starter")
            assert await self._runner.settled() is ModelState.READY, self._runner.health.reason

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncIterator[str]:
        assert messages[0].role == "system"
        if self.starter:
            assert self._runner is not None
            handle = self._runner.submit(Request(tuple(messages), session=session, max_tokens=max_tokens))
            try:
                async for piece in handle:
                    yield piece
            finally:
                handle.close()
            return
        await self._faults.check("llm", first_token_s, ModelUnavailable)
        words = messages[-1].content.lower().split()
        reply = next((one for one in self.replies if all(any(w in word for word in words) for w in one.when)), None)
        if reply is None:
            raise ModelUnavailable(UNSCRIPTED)
        if self.pace is not None:
            try:
                async with asyncio.timeout(first_token_s):
                    await self._reading(session, messages)
            except TimeoutError:
                raise ModelUnavailable("no word in time") from None
        else:
            await asyncio.sleep(reply.delay)
        for piece in re.findall(r"\S+\s*", reply.says):
            yield piece
            await self._faults.check("llm", 60.0, ModelUnavailable)
            await asyncio.sleep(0.02 if self.pace is None else len(piece) / CHARACTERS_A_TOKEN / self.pace.decode_tps)

    async def _reading(self, session: str, messages: Sequence[ChatMessage]) -> None:
        """What was read stays read, also where reading is broken off."""
        assert self.pace is not None
        whole = "\n".join(message.content for message in messages)
        read = shared(whole, self._read.get(session, ""))
        while read < len(whole):
            grain = min(30, len(whole) - read)
            await asyncio.sleep(grain / CHARACTERS_A_TOKEN / self.pace.prefill_tps)
            read += grain
            self._read[session] = whole[:read]

    async def prefill(self, session: str, messages: Sequence[ChatMessage], partial: str) -> None:
        assert messages[0].role == "system"
        if self.pace is not None:
            await self._reading(session, messages)

    async def release(self, session: str) -> None:
        return None


class ScriptedStream:
    """A recogniser's stream: words become known a little after they were said."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self._heard: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._words: list[tuple[float, str]] = []
        self._known: list[str] = []
        self.confidence = 0.9
        self.now = 0.0

    def send(self, frame: bytes) -> None:
        """The words are the script's."""

    def will_hear(self, words: Sequence[tuple[float, str]]) -> None:
        """(line seconds of its end, word)."""
        self._words += words

    def forget(self) -> None:
        """What was not said yet will not be."""
        self._words = [word for word in self._words if word[0] <= self.now]

    def tick(self, now: float) -> None:
        self.now = now
        fresh = [word for at, word in self._words if at + RECOGNISER_LAG <= now]
        if self._faults.of("stt") == "dies":
            del self._words[: len(fresh)]  # nobody heard them
            self._known = []
            self._heard.put_nowait(None)
        elif fresh and not self._faults.of("stt"):
            del self._words[: len(fresh)]
            self._known += fresh
            self._heard.put_nowait(Partial(" ".join(self._known)))

    async def finish_phrase(self) -> FinalPhrase:
        try:
            await self._faults.check("stt", LIMITS.finish, SpeechUnavailable)
        except BaseException:
            self._words = [word for word in self._words if word[0] > self.now]
            self._known = []
            raise
        said = [word for at, word in self._words if at <= self.now]
        del self._words[: len(said)]
        text, self._known = " ".join(self._known + said), []
        await asyncio.sleep(FINAL_SECONDS)
        return FinalPhrase(text, confidence=self.confidence if text else 0.0)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while (heard := await self._heard.get()) is not None:
            yield heard
        while not self._heard.empty():
            self._heard.get_nowait()
        raise SpeechUnavailable("stt dies")


class ScriptedRecognizer:
    """One stream a call."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self.stream = ScriptedStream(self._faults)

    @asynccontextmanager
    async def listen(self, *, language: str, phrases: tuple[str, ...] | None = None) -> AsyncIterator[ScriptedStream]:
        await self._faults.check("stt", LIMITS.open, SpeechUnavailable)
        yield self.stream

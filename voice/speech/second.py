"""A second, better recogniser, for calls that are over: in a child of the speech process, so that neither its size nor
its work nor its end is felt by the first one. There is no child but while somebody asks."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from voice.errors import ModelFileError, VoiceError
from voice.events import Final as Heard
from voice.events import Word
from voice.speech.host import EngineHost
from voice.speech.ports import HearingEngine, PhraseLimit

LONGEST_ANSWER: Final = 1 << 20
END_SECONDS: Final = 5.0


class SecondGone(VoiceError):
    """The child ended in the middle: killed for its memory, most likely."""


class SecondTaken(VoiceError):
    """Somebody else listens with it."""


class ChildEngine:
    """A recogniser in a child. One thread uses it and its stream; `close` may come from any."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def spawn(cls, model: Path) -> "ChildEngine":
        """Blocks until the model is loaded. Raises ModelFileError, SecondGone."""
        command = [sys.executable, "-m", "voice.speech.second_child", str(model)]
        engine = cls(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        try:
            engine._answer()
        except BaseException:
            engine.close()
            raise
        return engine

    def listen(self, rate: int) -> "ChildStream":
        """One stream at a time; the one before is dropped."""
        self.order(b"L", str(rate).encode())
        return ChildStream(self)

    def order(self, kind: bytes, body: bytes = b"") -> dict[str, Any]:
        """Raises SecondGone, ModelFileError with what the engine says."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(kind + len(body).to_bytes(4, "little") + body)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise SecondGone(f"the second recogniser is gone: {error}") from error
        return self._answer()

    def close(self) -> None:
        """At once, whatever it is doing."""
        self._process.kill()
        self._process.wait(END_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was still to be written has no reader

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            line = self._process.stdout.readline(LONGEST_ANSWER)
            told: dict[str, Any] = json.loads(line)
        except ValueError as error:
            code = self._process.poll()
            raise SecondGone(f"the second recogniser ended in the middle ({code})") from error
        if "error" in told:
            raise ModelFileError(str(told["error"]))
        return told


class ChildStream:
    """HearingStream over a child; it has no partials."""

    def __init__(self, engine: ChildEngine) -> None:
        self._engine = engine

    def accept(self, pcm: bytes) -> None:
        """See voice.speech.ports."""
        self._engine.order(b"A", pcm)

    def skip(self, samples: int) -> None:
        """See voice.speech.ports."""
        self._engine.order(b"S", str(samples).encode())

    def finish(self) -> Heard:
        """See voice.speech.ports."""
        told = self._engine.order(b"F")
        return Heard(told["text"], tuple(Word(**word) for word in told["words"]), told["confidence"])

    def forget(self) -> None:
        """See voice.speech.ports."""
        self._engine.order(b"F")

    def limit(self, phrases: tuple[str, ...] | None) -> PhraseLimit:
        """No lists: it hears what was said, not what was expected."""
        return PhraseLimit(False, phrases or ())


class SecondEars:
    """The way to the child, for one connection at a time."""

    def __init__(self, name: str, spawn: Callable[[], ChildEngine]) -> None:
        self.name = name
        self._spawn = spawn
        self._host: EngineHost[HearingEngine] | None = None
        self._child: ChildEngine | None = None

    async def take(self) -> EngineHost[HearingEngine]:
        """Loads the model, which may take minutes; a failure is in the host's health. Raises SecondTaken."""
        if self._host is not None:
            raise SecondTaken("the second recogniser is busy")
        host: EngineHost[HearingEngine] = EngineHost("speech-second", self.name, self._load)
        self._host = host
        await host.load()
        return host

    def give_back(self) -> None:
        """The child ends."""
        host, self._host = self._host, None
        child, self._child = self._child, None
        if child is not None:
            child.close()
        if host is not None:
            host.close()

    def _load(self) -> HearingEngine:
        self._child = self._spawn()
        return self._child

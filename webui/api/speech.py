"""`/admin/stt/…`, `/admin/tts/…`: recogniser and voice, tried out; sound to text and text to sound."""

import asyncio
import base64
import difflib
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from secretaryd.control.protocol import Status
from secretaryd.control.protocol.hearing import Speak, Transcribe
from secretaryd.control.protocol.models import ListModels
from webui.api.desk import Tools
from webui.api.faq import bytes_of
from webui.api.models import Model, models_of
from webui.api.operation import Asked, Operation, as_
from webui.auth.roles import Permission
from webui.limits import Limit
from webui.sound import MAX_SECONDS, MAX_WAV, pcm_of

GOOD_ENOUGH: Final = 0.6
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]


class SttStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether sound is understood now; `streams_at` is where realtime sound goes."""

    up: bool
    recognizer: str
    starter: bool
    reason: str
    max_seconds: float
    streams_at: str


class SttModels(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue has and what is installed."""

    items: list[Model]
    active: str


class HeardWord(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds from the sound's beginning; `confidence` 0..1."""

    text: str
    start: float
    end: float
    confidence: float


class HeardPhrase(msgspec.Struct, frozen=True, kw_only=True):
    """What was said between two pauses."""

    text: str
    start: float
    end: float
    confidence: float
    words: list[HeardWord]


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """`seconds` of sound, and how long it `took`."""

    text: str
    confidence: float
    seconds: float
    took: float
    phrases: list[HeardPhrase]


class Sentence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be said; `pace` 1.0 is the voice's own."""

    text: Said
    pace: Annotated[float, msgspec.Meta(ge=0.5, le=2.0)] = 1.0


class TestPhrase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Empty for a usual one."""

    __test__ = False  # no test, whatever pytest makes of its name
    text: Annotated[str, msgspec.Meta(max_length=600)] = ""


class SelfTest(msgspec.Struct, frozen=True, kw_only=True):
    """What the voice said and the recogniser heard; `likeness` 0..1, `ok` where it is good enough."""

    said: str
    heard: str
    likeness: float
    ok: bool
    took: float


@dataclass(frozen=True, slots=True)
class SpeechApi:
    """While a call is on the line all of it is refused (409): the machine is the caller's."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        chat, manage = Permission.CHAT, Permission.MANAGE
        return [
            Operation(method="GET", path="/admin/stt/status", needs=Permission.DASHBOARD, does=self.status,
                      answer=SttStatus),
            Operation(method="GET", path="/admin/stt/models", needs=manage, does=self.models, answer=SttModels),
            Operation(
                method="POST", path="/admin/stt/transcribe", needs=chat, does=self.transcribe,
                limit=Limit.STT, raw="audio/wav",
                answer=Transcript,
            ),
            Operation(
                method="POST", path="/admin/stt/test", needs=chat, does=self.test,
                limit=Limit.STT, body=TestPhrase, answer=SelfTest
            ),
            Operation(
                method="POST", path="/admin/tts/test", needs=chat, does=self.speak,
                limit=Limit.TTS, body=Sentence, media=("audio/wav",)
            ),
        ]  # fmt: skip

    async def status(self, asked: Asked) -> SttStatus:
        """Whether the recogniser is there, and which."""
        speech: dict[str, Any] = (await self.tools.desk.ask(Status(), asked.name)).get("speech", {})
        return SttStatus(
            up=bool(speech.get("up")),
            recognizer=str(speech.get("recognizer", "")),
            starter=bool(speech.get("starter")),
            reason=str(speech.get("reason", "")),
            max_seconds=MAX_SECONDS,
            streams_at="/admin/stt/stream",
        )

    async def models(self, asked: Asked) -> SttModels:
        """Recognisers of the catalogue, and those that are installed."""
        found = await self.tools.desk.ask(ListModels(), asked.name)
        return SttModels(items=models_of(found, "stt"), active=str(found["active"]["stt"]))

    async def transcribe(self, asked: Asked) -> Transcript:
        """What is said in a WAV file of up to 40 s, with words and times."""
        pcm = await self._pcm(await bytes_of(asked.request, MAX_WAV))
        return as_(Transcript, await self.tools.desk.ask(Transcribe(pcm=pcm), asked.name))

    async def test(self, asked: Asked) -> SelfTest:
        """The voice says a phrase and the recogniser listens: whether both work here, end to end."""
        desk, text = self.tools.desk, asked.body.text.strip()
        if not text:
            language = (await desk.ask(Status(), asked.name)).get("box", {}).get("language", "ru")
            text = self.tools.renderer.text(language, "api.phrase")
        spoken = await desk.ask(Speak(text=text), asked.name)
        pcm = await self._pcm(base64.b64decode(spoken["wav"]))
        heard = await desk.ask(Transcribe(pcm=pcm), asked.name)
        alike = likeness(text, heard["text"])
        return SelfTest(
            said=text, heard=heard["text"], likeness=alike, ok=alike >= GOOD_ENOUGH, took=float(heard["took"])
        )

    async def speak(self, asked: Asked) -> Response:
        """A text, spoken: a WAV file of 8 kHz, mono, 16 bits."""
        request = Speak(text=asked.body.text, pace=asked.body.pace)
        spoken = await self.tools.desk.ask(request, asked.name)
        return Response(base64.b64decode(spoken["wav"]), media_type="audio/wav")

    async def _pcm(self, wav: bytes) -> bytes:
        return await asyncio.to_thread(pcm_of, wav)


def likeness(said: str, heard: str) -> float:
    """Of words, whatever their case and punctuation; 0..1."""
    first, second = (
        "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split() for text in (said, heard)
    )
    return round(difflib.SequenceMatcher(None, first, second, autojunk=False).ratio(), 3)

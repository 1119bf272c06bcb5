"""Requests to the voice and the recogniser, for trying them out and for typing by voice. Sound is PCM, 8 kHz, mono,
s16le. While somebody is on the line they are refused: the machine is his."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class Speak(Asking, frozen=True, kw_only=True, tag="tts.say"):
    """Has a text spoken; answers {"wav" (base64), "seconds", "voice"}. `pace`: 1.0 is the voice's own."""

    needs: ClassVar[Right] = Right.ACT
    seconds: ClassVar[float] = 120.0
    text: str
    pace: float = 1.0


class Transcribe(Asking, frozen=True, kw_only=True, tag="stt.transcribe"):
    """What is said in a sound of up to 40 s; answers {"text", "confidence", "seconds", "took", "phrases": [{text,
    start, end, confidence, words: [{text, start, end, confidence}]}]}."""

    needs: ClassVar[Right] = Right.ACT
    seconds: ClassVar[float] = 180.0
    pcm: bytes


class Listen(Asking, frozen=True, kw_only=True, tag="stt.listen"):
    """Begins to listen to a sound that comes by `stt.feed`; streams `stt.listening`, `stt.partial`, `stt.final`. The
    asker chooses `stream`, a name that nobody else knows."""

    needs: ClassVar[Right] = Right.ACT
    streams: ClassVar[bool] = True
    stream: str


class Feed(Asking, frozen=True, kw_only=True, tag="stt.feed"):
    """More sound for that stream. `finish` ends the phrase, `last` the stream. Answers {"fed": samples}."""

    needs: ClassVar[Right] = Right.ACT
    stream: str
    pcm: bytes = b""
    finish: bool = False
    last: bool = False


Requests = Speak | Transcribe | Listen | Feed

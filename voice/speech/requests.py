"""PURE: what a client asks, checked field by field. Everything here raises BadRequest on fields that make no sense."""

from dataclasses import dataclass
from typing import Any

from wyoming.event import Event

from voice.errors import VoiceError
from voice.speech.protocol import MAX_PHRASES, MAX_TEXT

RATES = (8000, 48000)


class BadRequest(VoiceError):
    """The event is a frame, but its fields are not what that event has; the connection stays."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """A stream to come."""

    language: str | None = None
    streaming: bool = False


@dataclass(frozen=True, slots=True)
class Synthesize:
    """A text to speak."""

    text: str
    language: str | None
    pace: float


def read_transcribe(event: Event) -> Transcribe:
    """`transcribe`."""
    return Transcribe(_optional_text(event.data, "language"), event.data.get("streaming") is True)


def read_synthesize(event: Event) -> Synthesize:
    """`synthesize`; the language may stand beside the text or, as the standard has it, within `voice`."""
    text = event.data.get("text")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise BadRequest(f"synthesize: text must be a string of at most {MAX_TEXT} characters")
    language = _optional_text(event.data, "language")
    if language is None and isinstance(voice := event.data.get("voice"), dict):
        language = _optional_text(voice, "language")
    pace = event.data.get("pace", 1.0)
    if not isinstance(pace, (int, float)) or isinstance(pace, bool):
        raise BadRequest("synthesize: pace is not a number")
    return Synthesize(text, language, float(pace))


def read_audio_rate(event: Event) -> int:
    """The rate of `audio-start`: mono, 16 bit, from 8 to 48 kHz."""
    rate, width, channels = (event.data.get(key) for key in ("rate", "width", "channels"))
    if width != 2 or channels != 1 or not isinstance(rate, int) or not RATES[0] <= rate <= RATES[1]:
        raise BadRequest(f"{event.type}: sound must be mono, 16 bit, {RATES[0]} to {RATES[1]} Hz")
    return rate


def read_sound(event: Event) -> tuple[bytes, int | None]:
    """(PCM, position in samples or None) of `audio-chunk`."""
    position = event.data.get("position")
    if position is not None and (not isinstance(position, int) or isinstance(position, bool) or position < 0):
        raise BadRequest("audio-chunk: position is not a count of samples")
    pcm = event.payload or b""
    if len(pcm) % 2:
        raise BadRequest("audio-chunk: half a sample")
    return pcm, position


def read_phrases(event: Event) -> tuple[str, ...] | None:
    """`phrase-list`; None lifts the limit."""
    phrases = event.data.get("phrases")
    if phrases is None:
        return None
    if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
        raise BadRequest("phrase-list: phrases is not a list of strings")
    if len(phrases) > MAX_PHRASES or sum(map(len, phrases)) > MAX_TEXT * 10:
        raise BadRequest(f"phrase-list: more than {MAX_PHRASES} phrases, or too long ones")
    return tuple(phrases)


def read_request_id(event: Event) -> int | None:
    """The id of `finish-phrase`, to be copied into its answer."""
    request = event.data.get("id")
    if request is not None and (not isinstance(request, int) or isinstance(request, bool)):
        raise BadRequest("finish-phrase: id is not a whole number")
    return request


def _optional_text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{key} is not a string")
    return value

"""The words of the speech socket: Wyoming's own events, and ours for what the standard lacks.

A classic client (Home Assistant) sends `transcribe`, `audio-start`, `audio-chunk`…, `audio-stop` and gets one
`transcript`; or `synthesize` and gets `audio-start`, `audio-chunk`…, `audio-stop`. Beside that:

    transcribe {streaming: true}    wants what follows here
    transcribe {second: true}       by the second recogniser, which is loaded for it and has no partials; one at a time
    listening {phrases: bool}       answers audio-start of a streaming client: the recogniser hears
    audio-chunk {position}          samples since audio-start before this chunk; a jump forward is a gap in the sound
    partial {text, words}           the hypothesis so far; `words` may cover only its settled beginning
    finish-phrase {id}              ends the phrase, not the stream; answer: `transcript {text, words, confidence, id}`
    phrase-list {phrases | null}    limits what can be heard; answered by `phrase-list {applied, unknown}`
    cancel {}                       drops the phrase in progress and stops the speaking one, which ends in audio-stop
    reload {force}                  loads again what failed (or all); `info` answers when that is done
    synthesize {pace}               1.0 is the voice's own pace

A word on the wire is {text, start, end, confidence}, in seconds since audio-start.
"""

from enum import StrEnum
from typing import Any

from wyoming.event import Event

from voice.events import Final, Partial, Word
from voice.ports import RATE
from voice.speech.framing import FramingError
from voice.speech.health import EngineHealth, EngineState, SpeechHealth

MAX_TEXT = 4000
"""Characters of one text to speak: some five minutes."""
MAX_PHRASES = 500
MAX_WORDS = 2000
UNKNOWN_WORD = "[unk]"
"""What a stream limited to phrases hears in other words."""

AUDIO_FORMAT: dict[str, Any] = {"rate": RATE, "width": 2, "channels": 1}


class Kind(StrEnum):
    """Event types; those above the empty line are the standard's."""

    DESCRIBE = "describe"
    INFO = "info"
    PING = "ping"
    PONG = "pong"
    ERROR = "error"
    TRANSCRIBE = "transcribe"
    TRANSCRIPT = "transcript"
    SYNTHESIZE = "synthesize"
    AUDIO_START = "audio-start"
    AUDIO_CHUNK = "audio-chunk"
    AUDIO_STOP = "audio-stop"

    LISTENING = "listening"
    PARTIAL = "partial"
    PHRASE_LIST = "phrase-list"
    FINISH_PHRASE = "finish-phrase"
    CANCEL = "cancel"
    RELOAD = "reload"


class Code(StrEnum):
    """Machine-readable codes of `error`."""

    BAD_FRAME = "bad-frame"
    """Not a frame; the connection is closed after it."""
    BAD_REQUEST = "bad-request"
    LANGUAGE = "language"
    LOADING = "loading"
    FAILED = "failed"
    """The model could not be loaded; the text says why."""
    ENGINE = "engine"
    BUSY = "busy"


def error(code: Code, text: str) -> Event:
    """An `error` event."""
    return Event(Kind.ERROR, {"text": text, "code": str(code)})


def partial(heard: Partial) -> Event:
    """A `partial` event."""
    return Event(Kind.PARTIAL, {"text": heard.text, "words": _words_out(heard.words)})


def transcript(final: Final, language: str, request: int | None) -> Event:
    """A `transcript` event; `request` is the id of the finish-phrase that it answers."""
    data: dict[str, Any] = {
        "text": final.text,
        "language": language,
        "words": _words_out(final.words),
        "confidence": round(final.confidence, 4),
    }
    if request is not None:
        data["id"] = request
    return Event(Kind.TRANSCRIPT, data)


def read_partial(event: Event) -> Partial:
    """The reverse of `partial`. Raises FramingError when the event's fields are not as they should be."""
    return Partial(_text(event), _words_in(event))


def read_transcript(event: Event) -> Final:
    """The reverse of `transcript`; a plain Wyoming server's, which has no words, is read too. FramingError."""
    sure = event.data.get("confidence", 0.0)
    if not isinstance(sure, (int, float)):
        raise FramingError("transcript: confidence is not a number")
    return Final(_text(event), _words_in(event), float(sure))


def health_data(health: SpeechHealth) -> dict[str, Any]:
    """What `info` carries under "speech"."""
    return {
        "version": health.version,
        "recognizer": _engine_out(health.recognizer),
        "voice": _engine_out(health.voice),
    }


def read_health(event: Event) -> SpeechHealth:
    """SpeechHealth from `info`. Raises FramingError: a foreign Wyoming server has none."""
    try:
        data = event.data["speech"]
        return SpeechHealth(_engine_in(data["recognizer"]), _engine_in(data["voice"]), str(data["version"]))
    except (KeyError, TypeError, ValueError) as wrong:
        raise FramingError(f"info: {wrong!r}") from wrong


def _engine_out(health: EngineHealth) -> dict[str, Any]:
    return {"name": health.name, "state": str(health.state), "reason": health.reason, "starter": health.starter}


def _engine_in(data: dict[str, Any]) -> EngineHealth:
    return EngineHealth(str(data["name"]), EngineState(data["state"]), str(data["reason"]), bool(data["starter"]))


def _words_out(words: tuple[Word, ...]) -> list[dict[str, Any]]:
    return [
        {"text": word.text, "start": word.start, "end": word.end, "confidence": round(word.confidence, 4)}
        for word in words
    ]


def _words_in(event: Event) -> tuple[Word, ...]:
    try:
        return tuple(
            Word(str(item["text"]), float(item["start"]), float(item["end"]), float(item["confidence"]))
            for item in event.data.get("words", ())[:MAX_WORDS]
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise FramingError(f"{event.type}: words: {wrong!r}") from wrong


def _text(event: Event) -> str:
    text = event.data.get("text")
    if not isinstance(text, str):
        raise FramingError(f"{event.type} has no text")
    return text

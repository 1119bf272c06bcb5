"""What the speech process is told at its start."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LanguageModels:
    """A further language's recogniser and voice, as those of SpeechSettings."""

    language: str
    recognizer: Path
    voice: Path
    recognizer_name: str
    voice_name: str


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """Paths are resolved by the caller; nothing here is looked up in a catalogue."""

    socket: Path
    """Unix socket to listen on; created with mode 0660."""
    recognizer: Path
    """A Vosk model's directory."""
    voice: Path
    """A Piper voice, `….onnx`, with its `….onnx.json` beside it."""
    recognizer_name: str = "starter"
    voice_name: str = "starter"
    """Names to show to people; "starter" (alone or as a part) marks the bundled models."""
    language: str = "ru"
    """Language of both models, as a primary subtag of BCP 47."""
    threads: int = 1
    """Threads of the voice's inference; the recogniser always uses one."""
    further: tuple[LanguageModels, ...] = ()
    """Other languages, loaded after the first one's models."""
    second: Path | None = None
    """A Vosk model's directory for a second hearing of calls that are over; loaded only while that is asked for."""
    second_name: str = ""

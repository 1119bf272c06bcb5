"""What the interpreter is told and what it orders. Facts in, orders out; the talk performs them one at a time.

The conversation with its endpointing, barge-in and fillers lies below this: a flow never sees half a phrase.
"""

from dataclasses import dataclass

# Facts


@dataclass(frozen=True, slots=True)
class Started:
    """The call is up; the first thing a flow is told."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a `Say` came to: `heard_until` is the text that the caller heard, shorter than the order's if
    `interrupted`."""

    heard_until: str
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A phrase of the caller's; `understood` is False where no recogniser was there (then `text` is empty)."""

    text: str
    understood: bool = True


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody spoke for as long as the `Listen` allowed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed."""

    digits: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An `Answer` was given; `mark` is what the words caused, as the broker allowed it: "", "message", "hangup" or
    "transfer". `took_leave`: they said goodbye themselves."""

    mark: str = ""
    interrupted: bool = False
    took_leave: bool = False


@dataclass(frozen=True, slots=True)
class MessageDone:
    """A `TakeMessage` ended; `taken` is False if the caller said nothing that could be kept."""

    taken: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """An order could not be performed: "speech" (no voice for this text), "recogniser", "model"."""

    reason: str


Fact = Started | Said | Heard | Silence | Digits | Answered | MessageDone | Failed

# Orders


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text; `phrase` names a ready phrase instead (its sound is there even when nothing else works)."""

    text: str = ""
    phrase: str = ""
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a phrase, keys, or `seconds` of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Let the ladder (FAQ, model, facts, ready phrases) answer what was heard, in the voice of `persona`."""

    heard: str
    persona: str = ""


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Collect name, number and matter; `fields` names those wanted, in order."""

    fields: tuple[str, ...] = ("matter", "name", "number")
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""

    reason: str = "flow"


Order = Say | Listen | Answer | TakeMessage | HangUp

"""What can go wrong with sound and words."""


class VoiceError(Exception):
    """Root of everything that `voice` raises: an English sentence with its values apart, so that who tells it to people
    can put it in their language. `why` among them is a reason from outside of ours, told in its own words."""

    def __init__(self, sentence: str = "", /, **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence
        self.values = {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


class SpeechUnavailable(VoiceError):
    """The speech process is away, or has not the model asked for; retry later, answer by other means now."""


class ModelUnavailable(VoiceError):
    """The language model is away, busy beyond its queue, or failed to load."""


class ModelFileError(VoiceError):
    """A model's file is missing, truncated, or not what it claims to be."""


def reason_of(error: BaseException) -> str:
    """The system's or a library's words for what happened, without a number and a file's name."""
    if isinstance(error, VoiceError):
        return str(error.values.get("why", error))
    return getattr(error, "strerror", None) or str(error)

"""What can go wrong with sound and words."""


class VoiceError(Exception):
    """Root of everything that `voice` raises."""


class SpeechUnavailable(VoiceError):
    """The speech process is away, or has not the model asked for; retry later, answer by other means now."""


class ModelUnavailable(VoiceError):
    """The language model is away, busy beyond its queue, or failed to load."""


class ModelFileError(VoiceError):
    """A model's file is missing, truncated, or not what it claims to be."""

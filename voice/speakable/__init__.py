"""Text as it is spoken: numbers, dates, money, phones into words; sentences."""

from voice.speakable.rules import SpeechRules, for_speech
from voice.speakable.sentences import SentenceSplitter, sentences
from voice.speakable.speaker import Speaker, speak

__all__ = ["SentenceSplitter", "Speaker", "SpeechRules", "for_speech", "sentences", "speak"]

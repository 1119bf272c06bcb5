"""The door: one object a language, made once by who needs it."""

from typing import Any

from voice.speakable.en import speak_english
from voice.speakable.ru.grammar import Grammar
from voice.speakable.ru.speech import speak_russian


class Speaker:
    """Turns written text into words for a voice. Not for several threads at once.

    Russian needs pymorphy3's dictionary: about 15 MB and 0.1 s; hand an existing `pymorphy3.MorphAnalyzer` in as
    `morph` to share it. `language` is "ru" or "en"; ValueError for any other.
    """

    def __init__(self, language: str, *, morph: Any = None) -> None:
        if language not in ("ru", "en"):
            raise ValueError(f"no spoken rules for language {language!r}")
        self.language = language
        self._grammar: Grammar | None = None
        if language == "ru":
            if morph is None:
                from pymorphy3 import MorphAnalyzer  # heavy: only where it is used

                morph = MorphAnalyzer(lang="ru")
            self._grammar = Grammar(morph)

    def speak(self, text: str) -> str:
        """Words only: no digits, markup or pictures; punctuation and U+0301 stress stay. Never raises on any text;
        empty where there is nothing to say. `text` beyond MAX_TEXT characters is cut."""
        return speak_russian(text, self._grammar) if self._grammar else speak_english(text)


def speak(text: str, language: str) -> str:
    """One-off form of `Speaker(language).speak(text)`; loads the dictionary each time for Russian."""
    return Speaker(language).speak(text)

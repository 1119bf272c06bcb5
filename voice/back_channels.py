"""PURE: words that say no more than that one listens, and words that ask for the floor."""

from typing import Final

BACK_CHANNELS: Final[dict[str, frozenset[str]]] = {
    "ru": frozenset(
        {"угу", "ага", "да", "так", "хм", "мм", "м", "ммм", "ну", "э", "эм", "а", "понятно", "ясно", "хорошо", "ок"}
        | {"окей", "конечно", "понял", "поняла", "верно", "правильно", "точно", "ладно", "давайте"}
        | {"алло"}  # an "угу" is heard so over our echo; who says it hears by our going on that we are there
    ),
    "en": frozenset(
        {"uh", "huh", "mhm", "hmm", "mm", "yeah", "yes", "yep", "right", "ok", "okay", "sure", "i", "see", "got", "it"}
        | {"true", "good", "fine"}
    ),
}
"""Words that say no more than that one listens."""
STOP_WORDS: Final[dict[str, frozenset[str]]] = {
    "ru": frozenset(
        {
            "стоп",
            "подождите",
            "подожди",
            "погодите",
            "постойте",
            "стойте",
            "хватит",
            "нет",
            "минутку",
            "секунду",
            "секундочку",
        }
        | {"повторите", "остановитесь", "замолчите", "помолчите", "девушка"}
        | {"скажите", "подскажите", "извините", "простите"}
    ),
    "en": frozenset({"stop", "wait", "hello", "hold", "pardon", "enough", "excuse", "tell"}),
}
"""Words that ask for the floor by themselves, if only by beginning a question before a pause, and that no nod is
misheard for (a "нет" may be a "да")."""
MOST_BACK_CHANNELS: Final = 4
"""Words: a longer row of them is a sentence."""


def is_back_channel(text: str, language: str) -> bool:
    """Whether the words say no more than that the caller listens; empty texts say nothing at all."""
    return 0 < len(_words(text)) <= MOST_BACK_CHANNELS and not told_words(text, language)


def told_words(text: str, language: str) -> list[str]:
    """The words that are no back-channels."""
    return [word for word in _words(text) if word not in BACK_CHANNELS.get(language, ())]


def asks_to_stop(text: str, language: str) -> bool:
    """Whether there is a word among them that asks for the floor."""
    return not STOP_WORDS.get(language, frozenset()).isdisjoint(text.lower().split())


def letters_until_stop(text: str, language: str) -> int:
    """Letters of the words up to the first that asks for the floor, or of all."""
    words = text.lower().split()
    stop = next((at for at, word in enumerate(words) if word in STOP_WORDS.get(language, ())), len(words))
    return sum(map(len, words[: stop + 1]))


def _words(text: str) -> list[str]:
    return text.lower().replace("ё", "е").replace("-", " ").split()

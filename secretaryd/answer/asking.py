"""Does a caller ask something that a company's facts could answer, or does he tell something? PURE."""

from collections.abc import Sequence
from typing import Final

from secretaryd.answer.words import QUESTION, Lemmas, Token, word_set

_ASKS: Final = word_set("""
    ли если можно нужно надо нужен нужна нужны почем есть разве правда верно открыто открыты закрыто подскажите
    скажите узнать интересует напомните уточнить продиктуйте назовите расскажите дайте же
    is are do does can could have has tell
""")
_ADDRESSED: Final = word_set("вы вас вам ваш ваша ваше ваши вашего вашей вашу вашем ваших you your")
_SELF: Final = word_set("я мы мне меня нам i we me")
_OWN: Final = word_set("мой моя мое мои моего моей моему мою моих моим my")
_TOLD: Final = word_set("обещали обещал обещала сказали говорили договаривались сообщили promised told")
SHORT: Final = 4
"""Words; so short a phrase without a verb is a question for what it names: "стоимость доставки"."""


def asks(words: Sequence[Token], lemmas: Lemmas) -> bool:
    """Whether a phrase (fillers left out) is a question, or short enough to be one."""
    texts = {word.text for word in words}
    if any(word.weight == QUESTION for word in words) or texts & _ASKS:
        return True
    if texts & _SELF:
        return False
    kinds = [_kind(word.text, lemmas) for word in words]
    if "told" in kinds:
        return False
    if "asked" in kinds or texts & _ADDRESSED:
        return True
    return len(words) <= SHORT


def of_ones_own(words: Sequence[Token]) -> bool:
    """Whether it is about the caller's own order or thing, of which a company's facts say nothing."""
    return any(word.text in _OWN for word in words)


def of_a_promise(words: Sequence[Token]) -> bool:
    """Whether the caller says that something was promised: no fact is an answer to that."""
    return any(word.text in _TOLD for word in words)


def _kind(word: str, lemmas: Lemmas) -> str:
    """ "asked" for a verb that can be said of the company (or an infinitive), "told" for one of the caller's own or a
    demand."""
    tag = lemmas.tag(word)
    if tag is None or tag.POS not in ("VERB", "INFN"):
        return ""
    if tag.mood == "impr":
        return "told"
    if tag.POS == "INFN" or tag.person == "2per":
        return "asked"
    if tag.person == "1per" or tag.tense == "past":
        return "told"
    return "asked"

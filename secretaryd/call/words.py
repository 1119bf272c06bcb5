"""What is said in answer to a caller's commands and while a message is confirmed. PURE."""

from enum import StrEnum
from typing import Final


class Line(StrEnum):
    """Ids; the same in every language."""

    WILL_CALL_BACK = "will_call_back"
    RECORDING_STOPPED = "recording_stopped"
    RECORDING_KEPT = "recording_kept"
    NOT_RECORDED = "not_recorded"
    NOTHING_SAID = "nothing_said"
    NO_ABUSE = "no_abuse"
    NO_ADVERTS = "no_adverts"
    DISMISSED = "dismissed"
    NUMBER_RIGHT = "number_right"
    NUMBER_ANEW = "number_anew"
    NUMBER_AS_IT_IS = "number_as_it_is"
    AS_YOU_WISH = "as_you_wish"
    OR_PRESS_ONE = "or_press_one"
    GO_ON = "go_on"


TEXTS: Final[dict[str, dict[Line, str]]] = {
    "ru": {
        Line.WILL_CALL_BACK: "Хорошо, я передам, чтобы вам перезвонили на этот номер. Могу ещё чем-то помочь?",
        Line.RECORDING_STOPPED: "Хорошо. Запись остановлена и удалена. Слушаю вас.",
        Line.RECORDING_KEPT: "Запись остановлена. Слушаю вас.",
        Line.NOT_RECORDED: "Разговор не записывается. Слушаю вас.",
        Line.NOTHING_SAID: "Слушаю вас.",
        Line.NO_ABUSE: "Пожалуйста, без грубостей. Чем я могу помочь?",
        Line.NO_ADVERTS: "Спасибо, предложения по телефону мы не принимаем. Если у вас есть вопрос, я слушаю.",
        Line.DISMISSED: "Я заканчиваю разговор. Всего доброго.",
        Line.NUMBER_RIGHT: "Записала номер: {}. Верно?",
        Line.NUMBER_ANEW: "Извините. Назовите, пожалуйста, номер ещё раз, целиком.",
        Line.NUMBER_AS_IT_IS: "Хорошо, номер проверим.",
        Line.AS_YOU_WISH: "Хорошо. Могу ещё чем-то помочь?",
        Line.OR_PRESS_ONE: "Или нажмите один.",
        Line.GO_ON: "Так, слушаю.",
    },
    "en": {
        Line.WILL_CALL_BACK: "All right, I will ask them to call you back here. Can I help you with anything else?",
        Line.RECORDING_STOPPED: "All right. The recording is stopped and deleted. I am listening.",
        Line.RECORDING_KEPT: "The recording is stopped. I am listening.",
        Line.NOT_RECORDED: "This call is not recorded. I am listening.",
        Line.NOTHING_SAID: "I am listening.",
        Line.NO_ABUSE: "Please, no insults. How can I help you?",
        Line.NO_ADVERTS: "Thank you, we take no offers by phone. If you have a question, I am listening.",
        Line.DISMISSED: "I am ending this call. Goodbye.",
        Line.NUMBER_RIGHT: "I have noted the number: {}. Is that right?",
        Line.NUMBER_ANEW: "Sorry. Please say the whole number once more.",
        Line.NUMBER_AS_IT_IS: "All right, we will check the number later.",
        Line.AS_YOU_WISH: "All right. Can I help you with anything else?",
        Line.OR_PRESS_ONE: "Or press one.",
        Line.GO_ON: "Yes, go on.",
    },
}

ASKS_TO_CALL_BACK: Final = {"ru": "просит перезвонить", "en": "asks to be called back"}
NUMBER_UNSURE: Final = {"ru": "номер не подтверждён", "en": "the number was not confirmed"}


def line(which: Line, language: str) -> str:
    """Its text; a language without any gets the English ones."""
    return TEXTS.get(language, TEXTS["en"])[which]


def fixed_lines(language: str) -> tuple[str, ...]:
    """Texts that are always the same, so that their sound can be made beforehand."""
    return tuple(text for text in TEXTS.get(language, TEXTS["en"]).values() if "{}" not in text)

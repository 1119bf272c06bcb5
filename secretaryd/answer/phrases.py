"""Ready phrases. They are also kept as sound, so that the box speaks with every other process dead. PURE."""

from enum import StrEnum
from typing import Final


class Phrase(StrEnum):
    """Ids; the same in every language."""

    ONE_MOMENT = "one_moment"
    LOOKING = "looking"
    LEAVE_MESSAGE = "leave_message"
    LEAVE_MESSAGE_AGAIN = "leave_message_again"
    CANNOT_TRANSFER = "cannot_transfer"
    ASK_NAME = "ask_name"
    ASK_NUMBER = "ask_number"
    ASK_NUMBER_AGAIN = "ask_number_again"
    ASK_MATTER = "ask_matter"
    MESSAGE_TAKEN = "message_taken"
    DID_NOT_HEAR = "did_not_hear"
    STILL_THERE = "still_there"
    REPEAT = "repeat"
    ANYTHING_ELSE = "anything_else"
    SORRY = "sorry"
    RECORDED = "recorded"
    RESUMED = "resumed"
    GOODBYE = "goodbye"


TEXTS: Final[dict[str, dict[Phrase, str]]] = {
    "ru": {
        Phrase.ONE_MOMENT: "Одну минуту.",
        Phrase.LOOKING: "Секунду, посмотрю.",
        Phrase.LEAVE_MESSAGE: "К сожалению, этого я не знаю. Оставьте сообщение, я передам.",
        Phrase.LEAVE_MESSAGE_AGAIN: "Я могу записать ваше сообщение. Скажите, что передать.",
        Phrase.CANNOT_TRANSFER: "Соединить сейчас не могу. Оставьте сообщение, я передам.",
        Phrase.ASK_NAME: "Как вас зовут?",
        Phrase.ASK_NUMBER: "По какому номеру вам перезвонить?",
        Phrase.ASK_NUMBER_AGAIN: "Повторите, пожалуйста, номер ещё раз, целиком.",
        Phrase.ASK_MATTER: "Слушаю вас. Что передать?",
        Phrase.MESSAGE_TAKEN: "Спасибо, я всё передам.",
        Phrase.DID_NOT_HEAR: "Извините, я вас не расслышала. Повторите, пожалуйста.",
        Phrase.STILL_THERE: "Алло, вы меня слышите?",
        Phrase.REPEAT: "Повторите, пожалуйста.",
        Phrase.ANYTHING_ELSE: "Могу ещё чем-то помочь?",
        Phrase.SORRY: "Извините, у меня неполадка. Оставьте сообщение, я передам.",
        Phrase.RECORDED: "Разговор записывается.",
        Phrase.RESUMED: "Извините, связь на мгновение прервалась.",
        Phrase.GOODBYE: "Всего доброго, до свидания!",
    },
    "en": {
        Phrase.ONE_MOMENT: "One moment, please.",
        Phrase.LOOKING: "One second, let me look.",
        Phrase.LEAVE_MESSAGE: "I am afraid I do not know that. Please leave a message and I will pass it on.",
        Phrase.LEAVE_MESSAGE_AGAIN: "I can take a message for you. What shall I pass on?",
        Phrase.CANNOT_TRANSFER: "I cannot put you through now. Please leave a message and I will pass it on.",
        Phrase.ASK_NAME: "What is your name?",
        Phrase.ASK_NUMBER: "What number should we call you back on?",
        Phrase.ASK_NUMBER_AGAIN: "Please say the whole number once more.",
        Phrase.ASK_MATTER: "I am listening. What shall I pass on?",
        Phrase.MESSAGE_TAKEN: "Thank you, I will pass it on.",
        Phrase.DID_NOT_HEAR: "Sorry, I did not hear you. Please say that again.",
        Phrase.STILL_THERE: "Hello, can you hear me?",
        Phrase.REPEAT: "Please say that again.",
        Phrase.ANYTHING_ELSE: "Can I help you with anything else?",
        Phrase.SORRY: "Sorry, I have a fault. Please leave a message and I will pass it on.",
        Phrase.RECORDED: "This call is recorded.",
        Phrase.RESUMED: "Sorry, we were cut off for a moment.",
        Phrase.GOODBYE: "Goodbye, have a nice day!",
    },
}


def phrase(which: Phrase, language: str) -> str:
    """Its text; a language without phrases gets the English ones."""
    return TEXTS.get(language, TEXTS["en"])[which]

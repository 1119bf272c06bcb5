"""What every flow may rely on: the nodes that complete one that lacks its own ending, and their words."""

from dataclasses import replace
from typing import Final

from secretaryd.flow.schema import (
    FIELDS,
    AnnounceRecording,
    Flow,
    HangUpNode,
    Message,
    Node,
    SilencePolicy,
    Speak,
    Words,
)

OFFER: Final = "builtin.offer"
MESSAGE: Final = "builtin.message"
GOODBYE: Final = "builtin.goodbye"
RECORDING: Final = "builtin.recording"


def _words(phrase: str, ru: str, en: str) -> Words:
    return Words({"ru": ru, "en": en}, phrase)


RECORDING_WORDS: Final = _words("recording", "Разговор записывается.", "This call is being recorded.")
REPROMPTS: Final = (
    _words("reprompt_1", "Я вас слушаю. Чем могу помочь?", "I am listening. How can I help?"),
    _words(
        "reprompt_2", "Вас не слышно. Скажите, пожалуйста, чем помочь.", "I can't hear you. How can I help, please?"
    ),
)
OFFER_WORDS: Final = _words(
    "leave_message",
    "К сожалению, я вас не слышу или не могу ответить. Вы можете оставить сообщение.",
    "I am afraid I can't hear you or can't answer. You can leave a message.",
)
GOODBYE_WORDS: Final = _words("goodbye", "Спасибо за звонок. До свидания!", "Thank you for calling. Goodbye!")


def nodes() -> dict[str, Node]:
    """The built-in nodes, by id."""
    return {
        OFFER: Speak(OFFER, OFFER_WORDS, MESSAGE),
        MESSAGE: Message(MESSAGE, FIELDS, Words(), GOODBYE),
        GOODBYE: HangUpNode(GOODBYE, GOODBYE_WORDS, "goodbye"),
    }


def goodbye_only(language: str) -> Flow:
    """For callers whom the owner does not want: a goodbye and nothing else."""
    graph = nodes()
    return Flow("builtin.goodbye", 1, language, GOODBYE, graph, SilencePolicy(0, REPROMPTS, GOODBYE), {}, GOODBYE)


def announced(flow: Flow) -> Flow:
    """`flow` with an announcement of recording before the first node that hears the caller: after the greeting, where
    there is one. Unchanged when the way there already has it."""
    before: Speak | None = None
    place = flow.start
    for _ in flow.nodes:
        node = flow.nodes[place]
        if isinstance(node, AnnounceRecording):
            return flow
        if not isinstance(node, Speak):
            break
        before, place = node, node.next
    added: dict[str, Node] = {**flow.nodes, RECORDING: AnnounceRecording(RECORDING, RECORDING_WORDS, place)}
    if before is None:
        return replace(flow, nodes=added, start=RECORDING)
    added[before.id] = replace(before, next=RECORDING)
    return replace(flow, nodes=added)

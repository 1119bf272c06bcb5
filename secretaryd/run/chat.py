"""Puts together what the page's users talk to: the model in chats, the voice, the recogniser."""

from collections.abc import Callable
from typing import Final

from secretaryd.answer.errors import BadContent
from secretaryd.answer.explain import Explanation, explain
from secretaryd.answer.persona import PERSONAS, Persona, load_persona, ready_personas
from secretaryd.call.calls import Calls
from secretaryd.chat.room import ChatRoom
from secretaryd.desk.chat import ChatDesk
from secretaryd.desk.hearing import HearingDesk
from secretaryd.desk.parts import Handlers
from secretaryd.nodes.pool import LlmPool
from secretaryd.run.answers import Speaking
from storage.store import Storage
from voice.speech.client import SpeechClient, SpeechLimits

PATIENT: Final = SpeechLimits(finish=20.0, first_sound=20.0, next_sound=20.0)
"""Nobody holds a receiver."""
MAX_HEARD: Final = 500
"""Characters of a question that are looked up."""


def make_chat(
    storage: Storage, pool: LlmPool, calls: Calls, speech: SpeechClient, speaking: Callable[[], Speaking], language: str
) -> tuple[ChatRoom, list[Handlers]]:
    """`speaking` is what answers now."""

    def persona(ident: str) -> Persona:
        if not ident:
            return speaking().persona
        if ident not in ready_personas():
            raise BadContent((f"{ident}: unknown persona",))
        return load_persona(PERSONAS / f"{ident}.toml", language)

    def explained(text: str) -> Explanation:
        return explain(speaking().ladder, text[:MAX_HEARD])

    room = ChatRoom(pool, storage.chats)
    ears = speech.patient(PATIENT)
    hearing = HearingDesk(calls, ears, lambda: (speaking().voice, speaking().voice.name), language)
    return room, [ChatDesk(room, storage.chats, pool, persona, explained, language).handlers(), hearing.handlers()]

"""How a call's flow begins: with its greeting, or in mid-call where the caller was cut off."""

from collections.abc import Awaitable, Callable

from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.call.ports import TalkParts
from secretaryd.call.report import Report
from secretaryd.flow import events as flow
from secretaryd.flow.interpreter import Step


async def set_off(parts: TalkParts, report: Report, say: Callable[[str, str], Awaitable[None]]) -> Step:
    """The flow's first state and orders. `say` takes a text and its id: a ready phrase, heard though nothing else has
    come back yet."""
    interpreter = parts.interpreter
    state = interpreter.begin(recording=parts.record, language=parts.language)
    if not report.found:
        return interpreter.step(state, flow.Started())
    await say(phrase(Phrase.RESUMED, parts.language), str(Phrase.RESUMED))
    return interpreter.resume(state)

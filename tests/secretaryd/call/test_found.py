"""Calls that were up already when the modem was first asked: taken over in a row that names the one before."""

import asyncio
from pathlib import Path

import pytest

from hw.modem.events import CallerKnown, CallOver, CallUp, Presentation, Ringing
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.call.report import Report
from secretaryd.control.protocol import CallAnswered, CallEnded, CallRang
from secretaryd.flow.interpreter import Interpreter
from secretaryd.flow.library import default_flow
from tests.secretaryd.call.test_calls import KNOWN, UP, scene


@pytest.mark.parametrize("cause", ["port lost", "modem restarted"])
async def test_a_caller_found_in_the_modem_goes_on_in_a_row_that_names_the_first(tmp_path: Path, cause: str) -> None:
    async with scene(tmp_path) as s:
        s.facts(UP, Ringing(), KNOWN, CallUp(), CallOver(cause))
        first = await s.until(CallEnded)
        assert first.cause == "line lost"
        await s.calls.idle()
        s.facts(CallUp(found=True), KNOWN)
        await s.until(CallAnswered, lambda event: event.call != first.call)
        again = await s.until(CallRang, lambda event: event.call != first.call)
        assert again.continues == first.call
        s.facts(CallOver("NO CARRIER"))
        ended = await s.until(CallEnded, lambda event: event.call != first.call)
        assert s.modem.orders == ["answer"]
    assert (ended.outcome, ended.cause) == ("answered", "caller")
    assert ended.summary.startswith(f"Продолжение звонка №{first.call} после сбоя.")


@pytest.mark.parametrize("other", [CallerKnown("+79991112233", Presentation.PRESENTED, ""), None])
async def test_somebody_else_found_in_the_modem_continues_nobodys_call(
    tmp_path: Path, other: CallerKnown | None
) -> None:
    async with scene(tmp_path) as s:
        s.facts(UP, Ringing(), KNOWN, CallUp(), CallOver("port lost"))
        first = await s.until(CallEnded)
        await s.calls.idle()
        s.facts(CallUp(found=True), *([other] if other else []))
        again = await s.until(CallRang, lambda event: event.call != first.call)
        assert again.continues is None
        s.facts(CallOver("NO CARRIER"))
        ended = await s.until(CallEnded, lambda event: event.call != first.call)
        await asyncio.wait_for(s.calls.idle(), 5)
    assert ended.summary.startswith("Продолжение звонка, начало которого не записано.")


async def test_a_call_that_ended_well_is_not_continued(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.facts(UP, Ringing(), KNOWN, CallUp(), CallOver("NO CARRIER"))
        first = await s.until(CallEnded)
        await s.calls.idle()
        s.facts(CallUp(found=True), KNOWN)
        again = await s.until(CallRang, lambda event: event.call != first.call)
        assert again.continues is None


@pytest.mark.parametrize("record", [True, False])
def test_a_flow_that_is_taken_up_greets_nobody_twice_and_announces_the_recording(record: bool) -> None:
    flow = Interpreter(default_flow(record=record), values={"greeting": "Здравствуйте!"})
    state = flow.begin(recording=record, language="ru")
    state, (order,) = flow.resume(state)
    assert state.node == ("announcement" if record else "listen")
    assert "Здравствуйте" not in str(order)


def test_what_is_said_first_is_a_ready_phrase_and_the_report_names_the_beginning() -> None:
    assert phrase(Phrase.RESUMED, "en").startswith("Sorry")
    report = Report("en", answered=1.0, found=True, continues=12)
    assert report.summary() == "Goes on with call 12 after a fault."

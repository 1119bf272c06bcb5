"""The box calls, through real processes, on the nastiest modem: BEGIN at the ringback, busy in the tone alone."""

from pathlib import Path
from typing import Any

import pytest

from secretaryd.control.client import RequestRefused
from secretaryd.control.protocol import (
    CallDialled,
    CallEnded,
    DialNumber,
    DialTask,
    DialUsed,
    ListTasks,
    ShowCall,
    TaskMade,
)
from tests.fakes.box import Box, running

pytestmark = [pytest.mark.call, pytest.mark.plays]

NUMBER = "+79161234567"
BUSY = {"title": {"ru": "занято", "en": "busy"}, "step": [{"hang_up": True}], "callee": {"does": "busy"}}
WISH = {
    "title": {"ru": "просит перезвонить", "en": "asks to be called back"},
    "number": NUMBER,
    "step": [
        {"wait": "silence", "seconds": 1.0},
        {"say": "call_me_back"},
        {"wait": "silence", "seconds": 1.5, "timeout": 15.0},
        {"hang_up": True},
    ],
}


async def called(box: Box, request: Any) -> dict[str, Any]:
    """The box's row of a call that it makes."""
    told = len(box.told.items)
    await box.control.ask(request)
    dialled = await box.told.first(lambda one: isinstance(one.event, CallDialled), since=told, seconds=10.0)
    call = dialled.event.call  # type: ignore[union-attr]
    await box.told.first(
        lambda one: isinstance(one.event, CallEnded) and one.event.call == call, since=told, seconds=90.0
    )
    shown = await box.control.ask(ShowCall(id=call))
    row: dict[str, Any] = shown["call"]
    return row


async def the_box_calls(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with running(folder, extra={"DIAL__ENABLED": "true"}) as box:
        await box.simulator.callee(inline=BUSY)
        found["busy"] = await called(box, DialNumber(number=NUMBER))
        await box.call(inline=WISH)
        await box.told.first(lambda one: isinstance(one.event, TaskMade), seconds=10.0)
        tasks = found["tasks"] = (await box.control.ask(ListTasks()))["tasks"]
        await box.simulator.callee("answers_call")
        found["answered"] = await called(box, DialTask(id=tasks[0]["id"]))
        await box.until(lambda status: status["line"]["state"] == "idle")
        found["after"] = (await box.control.ask(ListTasks(all=True)))["tasks"]
        found["usage"] = (await box.control.ask(DialUsed()))["usage"]
        with pytest.raises(RequestRefused) as refused:
            await box.control.ask(DialNumber(number="112"))
        found["refused"] = refused.value.problem.code
        found["dialled"] = [event["number"] for event in box.noticed.items if event["kind"] == "box_dials"]
    return found


@pytest.mark.parametrize("play", [the_box_calls], ids=["the_box_calls"])
def test_the_box_calls_back_and_knows_busy_from_answered(stage: Any, play: Any) -> None:
    found = stage.result(play)
    busy, answered = found["busy"], found["answered"]
    assert (busy["direction"], busy["outcome"], busy["answered"]) == ("out", "busy", None)
    (task,) = found["tasks"]
    assert (task["number"], task["state"]) == (NUMBER, "open")
    assert (answered["direction"], answered["outcome"], answered["number"]) == ("out", "answered", NUMBER)
    said = [turn["text"] for turn in answered["turns"] if turn["who"] == "secretary"]
    assert said[0].startswith("Здравствуйте! Вам звонит секретарь компании")
    assert said[1] == "Разговор записывается."
    assert said[2].startswith("Вы просили перезвонить.")
    assert any("с 9 до 20" in text for text in said), said
    assert answered["recording"]
    assert found["after"][0]["state"] == "done"
    assert found["usage"]["calls"] == 2
    assert found["refused"] == "dial.emergency"
    assert found["dialled"] == [NUMBER, NUMBER]

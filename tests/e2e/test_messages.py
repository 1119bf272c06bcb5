"""Short messages through real processes: one that comes in a call, one that goes, and a core killed among them."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from hw.simulator.ledger import Ledger
from secretaryd.control.protocol import CallAnswered, CallEnded
from secretaryd.control.protocol.sms import ListSms, SendSms, SmsChanged, SmsReceived
from tests.fakes.box import Box, is_ready, running
from tests.fakes.message_ledger import MessageLedger

pytestmark = [pytest.mark.call, pytest.mark.plays]

CALL = {
    "title": {"ru": "проба", "en": "a trial"},
    "number": "+79161234567",
    "step": [{"wait": "speech"}, {"pause": 2.0}, {"hang_up": True}],
}


def ledger_of(box: Box) -> MessageLedger:
    """What the network says."""
    return MessageLedger().read(Ledger(box.folder / "simulator" / "ledger.jsonl").rows())


async def kept(box: Box) -> list[tuple[str, str]]:
    """What the box says."""
    found = (await box.control.ask(ListSms(direction="in", limit=500)))["sms"]
    return [(sms["number"], sms["text"]) for sms in found]


async def emptied(box: Box) -> None:
    """Until the module holds nothing and the network has handed over all; looked at whenever the simulator tells of
    something."""
    async with asyncio.timeout(90.0):
        while True:
            seen = len(box.noticed.items)
            sms = (await box.simulator.status())["sms"]
            if not any(sms["used"].values()) and not sms["waiting"]:
                return
            await box.noticed.first(lambda _: True, since=seen, seconds=90.0)


async def messages_in_a_call_and_over_a_crash(folder: Path) -> None:
    extra = {"CALL__GREETING": "Здравствуйте! Слушаю вас.", "SMS__QUIET_HOURS": ""}
    async with running(folder, extra=extra) as box:
        ringing = await box.ring(inline=CALL)
        await box.event(ringing, CallAnswered)
        await box.simulator.sms("Пришло в разговоре")
        await box.event(ringing, CallEnded)
        told = await box.told.first(lambda s: isinstance(s.event, SmsReceived), seconds=60.0)
        assert isinstance(told.event, SmsReceived)
        assert (told.event.number, told.event.text) == ("+79161234567", "Пришло в разговоре")
        assert (await box.simulator.status())["sms"]["while_calling"] == 0, "messages wait until the call is over"
        queued = await box.control.ask(SendSms(number="8 916 123-45-67", text="Спасибо, получили. " * 5))
        await box.told.first(
            lambda s: (
                isinstance(s.event, SmsChanged) and (s.event.sms, s.event.state) == (queued["sms"]["id"], "delivered")
            ),
            seconds=60.0,
        )
        assert "".join(text for _, text in ledger_of(box).sent) == "Спасибо, получили. " * 5
        for number in range(12):
            await box.simulator.sms(f"№ {number}", number=f"+7916000000{number % 10}")
        box.signal("core", signal.SIGKILL)
        await box.until(is_ready, seconds=60.0)
        await emptied(box)
        tally = ledger_of(box).against(await kept(box))
        assert tally.given == 13
        assert (tally.lost, tally.doubled) == ((), ())
        status = (await box.simulator.status())["sms"]
        assert status["while_calling"] == 0, json.dumps(status)


PLAYS = {"a message in a call, one that goes, and a core killed among them": messages_in_a_call_and_over_a_crash}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS.keys())
def test_no_message_is_lost_or_doubled(stage: Any, play: Any) -> None:
    stage.result(play)

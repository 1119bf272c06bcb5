"""The balance is asked in its time, kept, and told of; refusals are words with a remedy."""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from hw.errors import CommandRefused, ModemError
from hw.modem.status import ModemStatus
from hw.modem.ussd import UssdAnswer, UssdBusy, UssdSilent, UssdStatus
from secretaryd.config.schema import Sim
from secretaryd.control.protocol.sim import AskBalance, AskOperator, ShowSim
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.sim import SimDesk
from secretaryd.sim.service import AGAIN_SECONDS, NoBalanceCode, SimService
from secretaryd.troubles import Troubles
from storage.audit.records import AuditFilter
from storage.store import Storage

NOW = 1_795_000_000.0
DAY = 86_400.0
PEER = Peer(0)


class Operator:
    """Answers as told; knows what it was asked."""

    def __init__(self) -> None:
        self.status = ModemStatus(up=True, down_reason=None, registered=True, operator="MTS RUS")
        self.answer: UssdAnswer | Exception = UssdAnswer(UssdStatus.DONE, "Баланс: 152.30 руб.")
        self.asked: list[str] = []

    async def ask_operator(self, code: str) -> UssdAnswer:
        self.asked.append(code)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Scene:
    def __init__(self, storage: Storage) -> None:
        self.operator, self.troubles, self.now = Operator(), Troubles(), NOW
        self.storage, self.settings = storage, Sim()
        self.sim = SimService(
            self.operator, storage.outgoing, self.troubles, lambda: self.settings, clock=lambda: self.now
        )
        self.desk = SimDesk(self.sim, storage, "ru").handlers()

    async def ask(self, request):
        return await self.desk[type(request)](request, PEER)


@asynccontextmanager
async def scene(tmp_path):
    storage = await Storage.open("sqlite:///secretary.db", tmp_path)
    yield Scene(storage)
    await storage.close()


async def test_the_balance_is_asked_once_a_day_and_kept(tmp_path) -> None:
    async with scene(tmp_path) as s:
        await s.sim.look()
        await s.sim.look()
        assert s.operator.asked == ["*100#"]
        assert (await s.sim.known()).balance == Decimal("152.30")
        s.now += DAY
        await s.sim.look()
        assert len(s.operator.asked) == 2


@pytest.mark.parametrize("call", ["ringing", "up", "dialling"])
async def test_never_in_a_call(tmp_path, call: str) -> None:
    async with scene(tmp_path) as s:
        s.operator.status = ModemStatus(up=True, down_reason=None, registered=True, operator="MTS RUS", call=call)
        await s.sim.look()
        assert s.operator.asked == []


@pytest.mark.parametrize(
    "answer", [UssdSilent("x"), UssdAnswer(UssdStatus.TERMINATED, ""), UssdAnswer(UssdStatus.DONE, "нет")]
)
async def test_an_operator_that_does_not_tell_is_asked_again_an_hour_later(tmp_path, answer) -> None:
    async with scene(tmp_path) as s:
        s.operator.answer = answer
        for _ in range(3):
            await s.sim.look()
            s.now += 60
        assert len(s.operator.asked) == 1
        s.now += AGAIN_SECONDS
        await s.sim.look()
        assert len(s.operator.asked) == 2
        assert s.troubles.codes == {}


async def test_a_low_balance_and_an_unused_card_are_told_until_they_are_over(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.operator.answer = UssdAnswer(UssdStatus.DONE, "Баланс: минус 3.10 руб.")
        await s.sim.look()
        assert s.troubles.codes == {"sim.balance_low": "-3.10 ₽"}
        s.operator.answer = UssdAnswer(UssdStatus.DONE, "Баланс: 500 руб.")
        await s.sim.balance()
        assert s.troubles.codes == {}
        s.now += 46 * DAY
        await s.sim.look()
        assert s.troubles.codes == {"sim.unused": "46"}
        entry = await s.storage.outgoing.reserve(s.now - 60, "line1", "+79161234567", 60.0)
        await s.storage.outgoing.settle(entry, 12.0)
        await s.sim.look()
        assert s.troubles.codes == {}


async def test_an_operator_that_nobody_knows_is_not_asked(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.operator.status = ModemStatus(up=True, down_reason=None, registered=True, operator="Vodafone")
        await s.sim.look()
        assert s.operator.asked == []
        with pytest.raises(NoBalanceCode):
            await s.sim.balance()


async def test_questions_at_the_desk(tmp_path) -> None:
    async with scene(tmp_path) as s:
        assert await s.ask(AskOperator(code="*111*0887#")) == {"status": "done", "text": "Баланс: 152.30 руб."}
        assert (await s.ask(AskBalance()))["roubles"] == "152.30"
        assert (await s.ask(ShowSim()))["sim"]["balance"] == "152.30"
        (entry,) = await s.storage.audit.list(AuditFilter(kind="ussd"))
        assert (entry.target, entry.who) == ("*111*0887#", "uid 0")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (UssdBusy("x"), "ussd.busy"),
        (UssdSilent("x"), "ussd.silent"),
        (CommandRefused("AT+CUSD", "no network service"), "ussd.refused"),
        (ModemError("no modem"), "ussd.refused"),
        (ValueError("x"), "ussd.bad_code"),
        (UssdAnswer(UssdStatus.TERMINATED, ""), "ussd.terminated"),
        (UssdAnswer(UssdStatus.UNSUPPORTED, ""), "ussd.unsupported"),
        (UssdAnswer(UssdStatus.TIMEOUT, ""), "ussd.timeout"),
    ],
)
async def test_why_not_is_told_in_words(tmp_path, answer, code: str) -> None:
    async with scene(tmp_path) as s:
        s.operator.answer = answer
        for request in (AskOperator(code="*100#"), AskBalance()):
            with pytest.raises(DeskError) as refused:
                await s.ask(request)
            problem = refused.value.problem
            assert problem.code == code
            assert problem.text
            assert problem.remedy

"""`/admin/telephony/…`: the line, calls, short messages, the operator."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from secretaryd.control.protocol import DialNumber, HangUp, ListCalls, ShowCall, Status
from secretaryd.control.protocol.calls import AnswerNow
from secretaryd.control.protocol.sim import AskOperator
from secretaryd.control.protocol.sms import CancelSms, ListSms, SendSms
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.api.paging import Page, parted, place_of
from webui.auth.roles import Permission
from webui.limits import Limit

Number = Annotated[str, msgspec.Meta(min_length=2, max_length=40, description="In any form; +7… is never wrong.")]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: away, idle, ringing, answering, dialling, connecting, talking, ending; since UTC epoch seconds."""

    state: str
    since: float
    number_masked: str | None = None


class Modem(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` and `detail`: why it is down."""

    up: bool
    reason: str = ""
    detail: str = ""
    operator: str = ""
    technology: str = ""
    registered: bool = False
    signal_dbm: int | None = None
    bars: int = 0
    sim: str = ""
    firmware: str = ""


class LineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The line and its modem."""

    line: Line
    modem: Modem


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said; times are seconds of the recording. `source` and `detail`: why this answer; `latency`: where its
    time went."""

    who: str
    text: str
    start: float
    end: float
    source: str
    detail: str = ""
    confidence: float | None = None
    interrupted: bool = False
    latency: dict[str, float | None] | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Times are UTC epoch seconds. `outcome`: "" while it runs, then answered, missed, blocked, message, transferred,
    failed, busy or no_answer."""

    id: int
    line: str
    direction: str
    number: str | None
    presentation: str
    began: float
    answered: float | None
    ended: float | None
    outcome: str
    end_cause: str
    summary: str
    recorded_seconds: float
    keep: bool
    note: str
    tags: list[str]
    name: str = ""
    group: str = ""


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    items: list[Call]
    next: str | None


class LeftMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller left."""

    id: int
    call_id: int
    taken: float
    name: str
    number: str
    matter: str
    handled: bool


class WholeCall(msgspec.Struct, frozen=True, kw_only=True):
    """With what was said and left in it."""

    call: Call
    turns: list[Turn]
    messages: list[LeftMessage]


Outcome = Literal["", "answered", "missed", "blocked", "message", "transferred", "failed", "busy", "no_answer"]


class CallFilter(Page, frozen=True, kw_only=True):
    """Those with an outcome."""

    outcome: Outcome = ""


class DialWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`say` is said once somebody is there, after the announcement of recording."""

    number: Number
    say: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Dialled(msgspec.Struct, frozen=True, kw_only=True):
    """The number as it is dialled."""

    number: str


class CallAnswering(msgspec.Struct, frozen=True, kw_only=True):
    """Its id, null where it has none yet."""

    call: int | None


class CallEnding(msgspec.Struct, frozen=True, kw_only=True):
    """It ends."""

    ended: bool


class ShortMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A short message; `at` in UTC epoch seconds. `reason_text`: why it failed."""

    id: int
    direction: str
    number: str
    named: bool
    at: float
    text: str
    state: str
    reason: str
    reason_text: str
    doubtful: bool = False


class ShortMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    items: list[ShortMessage]
    next: str | None


class SmsFilter(Page, frozen=True, kw_only=True):
    """One thread, or one direction."""

    number: Annotated[str, msgspec.Meta(max_length=40)] = ""
    direction: Literal["", "in", "out"] = ""


class NewSms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to whom."""

    number: Number
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1600)]


class Ussd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code such as "*100#"."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class UssdAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's words."""

    status: str
    text: str


@dataclass(frozen=True, slots=True)
class TelephonyApi:
    """What is dialled and sent goes by the owner's policy, as everywhere."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, read, act = "/admin/telephony", Permission.CALLS_READ, Permission.CALLS_ACT
        return [
            Operation(
                method="GET", path=f"{root}/status", needs=Permission.DASHBOARD, does=self.status, answer=LineStatus
            ),
            Operation(
                method="GET", path=f"{root}/calls", needs=read, does=self.calls, query=CallFilter, answer=Calls,
                cached=True,
            ),
            Operation(method="GET", path=f"{root}/calls/{{id:int}}", needs=read, does=self.call, answer=WholeCall,
                      cached=True),
            Operation(
                method="POST", path=f"{root}/dial", needs=act, does=self.dial, body=DialWish, answer=Dialled,
                status=202,
                also=(502, 504),
            ),
            Operation(method="POST", path=f"{root}/answer", needs=act, does=self.answer, answer=CallAnswering),
            Operation(method="POST", path=f"{root}/hangup", needs=act, does=self.hang_up, answer=CallEnding),
            Operation(
                method="GET", path=f"{root}/sms", needs=Permission.MESSAGES_READ, does=self.sms, query=SmsFilter,
                answer=ShortMessages, cached=True,
            ),
            Operation(
                method="POST", path=f"{root}/sms", needs=act, does=self.send_sms,
                limit=Limit.SMS, body=NewSms, answer=ShortMessage,
                status=202
            ),
            Operation(method="DELETE", path=f"{root}/sms/{{id:int}}", needs=act, does=self.cancel_sms),
            Operation(
                method="POST", path=f"{root}/ussd", needs=Permission.MANAGE, does=self.ussd, body=Ussd,
                limit=Limit.SMS, answer=UssdAnswer, also=(502, 504),
            ),
        ]  # fmt: skip

    async def status(self, asked: Asked) -> LineStatus:
        """The line and its modem now."""
        return as_(LineStatus, await self.tools.desk.ask(Status(), asked.name))

    async def calls(self, asked: Asked) -> Calls:
        """Calls, newest first."""
        query: CallFilter = asked.query
        request = ListCalls(limit=query.limit + 1, before=place_of(query.cursor, int), outcome=query.outcome)
        found = (await self.tools.desk.ask(request, asked.name))["calls"]
        items, after = parted(found, query.limit, "id")
        return Calls(items=as_(list[Call], items), next=after)

    async def call(self, asked: Asked) -> WholeCall:
        """One call with what was said, what answered, and where the time went."""
        found: dict[str, Any] = await self.tools.desk.ask(ShowCall(id=asked.id), asked.name)
        return as_(WholeCall, {**found, "turns": found["call"].get("turns", [])})

    async def dial(self, asked: Asked) -> Dialled:
        """Calls a number, within the owner's rules."""
        request = DialNumber(number=asked.body.number, say=asked.body.say)
        return as_(Dialled, await self.tools.desk.ask(request, asked.name))

    async def answer(self, asked: Asked) -> CallAnswering:
        """Has the call that rings answered now; 409 where none does."""
        return as_(CallAnswering, await self.tools.desk.ask(AnswerNow(), asked.name))

    async def hang_up(self, asked: Asked) -> CallEnding:
        """Ends the call in progress politely; 409 where there is none."""
        return as_(CallEnding, await self.tools.desk.ask(HangUp(), asked.name))

    async def sms(self, asked: Asked) -> ShortMessages:
        """Short messages, newest first."""
        query: SmsFilter = asked.query
        before = place_of(query.cursor, int)
        request = ListSms(number=query.number, direction=query.direction, limit=query.limit + 1, before=before)
        items, after = parted((await self.tools.desk.ask(request, asked.name))["sms"], query.limit, "id")
        return ShortMessages(items=as_(list[ShortMessage], items), next=after)

    async def send_sms(self, asked: Asked) -> ShortMessage:
        """Queues a message, within the owner's caps."""
        request = SendSms(number=asked.body.number, text=asked.body.text)
        return as_(ShortMessage, (await self.tools.desk.ask(request, asked.name))["sms"])

    async def cancel_sms(self, asked: Asked) -> None:
        """Takes a message out of the queue, while none of it was sent."""
        await self.tools.desk.ask(CancelSms(id=asked.id), asked.name)

    async def ussd(self, asked: Asked) -> UssdAnswer:
        """Asks the operator; codes that would change forwarding, barring or a PIN are refused."""
        return as_(UssdAnswer, await self.tools.desk.ask(AskOperator(code=asked.body.code), asked.name))

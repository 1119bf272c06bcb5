"""What the modem's lines say about the one call on the line. Pure: lines, listed calls and the time in, facts out.

The lines contradict each other in the field: END and NO CARRIER come in either order or alone, BEGIN comes before or
after the OK to ATA, RING comes without its +CLIP, MISSED_CALL comes minutes later. So every end is told once, what is
doubtful is settled by listing the calls (AT+CLCC), and two empty lists in a row end a call that ended in silence.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from hw.at.commands import AnswerUnreadable, CallRow, parse_call_row
from hw.modem.call_table import TABLE, Deed, Phase, Sign
from hw.modem.caller import clean_number, parse_clip, parse_missed, parse_waiting, same_number
from hw.modem.events import (
    CallAlerting,
    CallerKnown,
    CallMissed,
    CallOver,
    CallUp,
    DigitPressed,
    Fact,
    Presentation,
    Ringing,
    WaitingCall,
)

POLL_SECONDS: Final = 3.0
"""Between two listings of the calls while one rings or is up."""
QUICK_SECONDS: Final = 0.5
"""The same while something is in doubt."""
EMPTY_LISTS: Final = 2
"""Empty listings in a row that end a call: one alone may have been made up just before the call came."""
RING_SILENCE: Final = 10.0
"""Without a RING for so long nobody rings; the period is about 6 s."""
RING_APART: Final = 1.0
"""Two RING lines closer than that are one ring, told twice."""
ANSWER_SECONDS: Final = 20.0
"""From ATA to BEGIN at most."""
COMPANION_SECONDS: Final = 2.0
"""END and NO CARRIER of one call come within that."""
DIAL_SECONDS: Final = 150.0
"""Longest time from ATD to the answer; the caller of ours gives up much sooner."""
ENDING_SECONDS: Final = 5.0
"""After AT+CHUP the calls are listed quickly for so long, if nothing tells the end."""
MAX_UNREPORTED: Final = 8
WAITING_APART: Final = 2 * POLL_SECONDS
"""A second caller who was not told of for so long, and is told of now, calls anew."""
MAX_WAITING: Final = 8

_VOICE_CALL: Final = re.compile(r"VOICE CALL\s*:\s*(BEGIN|END)\b")
_DIGIT: Final = re.compile(r'\+RXDTMF:\s*"?([0-9*#A-Da-d])"?\s*')


class CallTracker:
    """The one call on the line. Every method takes the time (seconds, any monotonic zero) and returns new facts."""

    def __init__(self) -> None:
        self._phase = Phase.IDLE
        self._told = False
        self._caller: CallerKnown | None = None
        self._caller_by_clip = False
        self._caller_told = False
        self._call_id: int | None = None
        self._waiting: dict[str | None, float] = {}
        """Second callers, and when each was last told of."""
        self._alerting = False
        self._rang_at = 0.0
        self._dialled_at = 0.0
        self._answered_at = 0.0
        self._over_at = float("-inf")
        self._ending_until = float("-inf")
        self._polled_at = float("-inf")
        self._doubt = False
        self._old = False
        self._empty = 0
        self._unreported: deque[str | None] = deque(maxlen=MAX_UNREPORTED)
        self.changes = 0
        """Grows with every line about the call: a listing is only believed when it did not grow meanwhile."""
        self._lines: dict[str, Callable[[str, float], list[Fact]]] = {
            "RING": self._ring,
            "+CRING": self._cring,
            "+CLIP": self._clip,
            "+CLCC": self._row,
            "VOICE CALL": self._voice_call,
            "NO CARRIER": self._gone_word,
            "BUSY": self._gone_word,
            "NO ANSWER": self._gone_word,
            "NO DIALTONE": self._gone_word,
            "MISSED_CALL": self._missed,
            "+CCWA": self._second_call,
            "+RXDTMF": self._digit,
        }

    @property
    def phase(self) -> Phase:
        """Where the call is."""
        return self._phase

    def line(self, text: str, now: float) -> list[Fact]:
        """A URC. Lines that are not about calls mean nothing here."""
        handler = self._lines.get(text.partition(":")[0].rstrip())
        return handler(text, now) if handler is not None else []

    def met(self, rows: Sequence[CallRow], asked: int, now: float) -> list[Fact]:
        """As `listed`, for the first listing after a start: a call that is up there is left over from before."""
        self._old = True
        try:
            return self.listed(rows, asked, now)
        finally:
            self._old = False

    def listed(self, rows: Sequence[CallRow], asked: int, now: float) -> list[Fact]:
        """The answer to AT+CLCC; `asked` is `changes` as it was when the question was sent."""
        self._polled_at = now
        fresh = asked == self.changes
        live = [row for row in rows if row.voice and row.state != 6]
        states = {row.state for row in live}
        if not live:
            return self._listed_empty(now) if fresh else []
        self._empty = 0
        if not fresh:
            return []
        self._doubt = now < self._ending_until
        facts: list[Fact] = []
        if states & {0, 1}:
            facts += self._apply(Sign.LISTED_ACTIVE, now)
        elif states & {2, 3}:
            facts += self._apply(Sign.ALERTING if 3 in states else Sign.UNSURE, now)
            self._doubt = now < self._ending_until
        elif states & {4, 5}:
            if self._phase in (Phase.UP, Phase.DIALLING):
                facts += self._apply(Sign.GONE, now, "CLCC lists another call")
            facts += self._apply(Sign.LISTED_INCOMING, now)
            if self._phase is Phase.RINGING and not self._told:
                facts += self._tell_ring(now)
        for row in live:
            facts += self._learn(row, now)
        return facts

    def _listed_empty(self, now: float) -> list[Fact]:
        if self._phase is Phase.IDLE:
            self._doubt = False
            return []
        self._empty += 1
        return self._apply(Sign.GONE, now, "CLCC empty") if self._empty >= EMPTY_LISTS else []

    def poll_failed(self, now: float) -> None:
        """AT+CLCC was refused or timed out: ask again later, and no sooner than usual when nothing is up."""
        self._polled_at = now
        if self._phase is Phase.IDLE:
            self._doubt = False

    def tick(self, now: float) -> list[Fact]:
        """Time has passed."""
        if self._phase is Phase.RINGING and now - self._rang_at > RING_SILENCE:
            return self._apply(Sign.GONE, now, "RING stopped")
        if self._phase is Phase.ANSWERING and now - self._answered_at > ANSWER_SECONDS:
            return self._apply(Sign.NOT_ANSWERED, now)
        if self._phase is Phase.DIALLING and now - self._dialled_at > DIAL_SECONDS:
            return self._apply(Sign.GONE, now, "NO ANSWER")
        return []

    def next_poll(self, now: float) -> float | None:
        """Seconds until the calls should be listed, None when there is no reason to."""
        if self._phase is Phase.IDLE and not self._doubt:
            return None
        quick = self._doubt or self._empty > 0 or self._phase is Phase.ANSWERING
        return max(0.0, self._polled_at + (QUICK_SECONDS if quick else POLL_SECONDS) - now)

    def answer_sent(self, now: float) -> None:
        """ATA goes out now."""
        self._apply(Sign.ANSWER_SENT, now)

    def dial_sent(self, now: float) -> None:
        """ATD goes out now. From here on the call has an end of its own, told as CallOver."""
        self._told, self._dialled_at = True, now
        self._apply(Sign.DIAL_SENT, now)

    def dial_failed(self, now: float, *, refused: bool) -> None:
        """ATD was refused (nothing is up, and nothing is told), or not answered (the listing tells what is)."""
        if refused and self._phase is Phase.DIALLING:
            self._phase = Phase.IDLE
            self._told = self._alerting = self._doubt = False
        self._apply(Sign.NOT_DIALLED, now)

    def answer_failed(self, now: float) -> None:
        """ATA was refused or not answered; the listing tells what is."""
        self._apply(Sign.NOT_ANSWERED, now)

    def hung_up(self, now: float) -> None:
        """AT+CHUP was answered OK; END or NO CARRIER should have come, but either and both may be missing."""
        if self._phase is not Phase.IDLE:
            self._ending_until = now + ENDING_SECONDS
            self._apply(Sign.UNSURE, now)

    def lost(self, cause: str, now: float) -> list[Fact]:
        """The port or the modem is gone, and the call with it."""
        return self._apply(Sign.GONE, now, cause)

    def _apply(self, sign: Sign, now: float, cause: str = "") -> list[Fact]:
        step = TABLE.get((self._phase, sign))
        if step is None:
            return []
        before = self._phase
        self._phase, deeds = step
        if before is not self._phase:
            self._enter(now)
        facts: list[Fact] = []
        for deed in deeds:
            match deed:
                case Deed.TELL_RING:
                    facts += self._tell_ring(now)
                case Deed.TELL_ALERTING:
                    facts += [] if self._alerting else [CallAlerting()]
                    self._alerting = True
                case Deed.TELL_UP:
                    self._told = True
                    facts += [CallUp(found=self._old and before is Phase.IDLE), *self._tell_caller()]
                case Deed.TELL_OVER:
                    facts += self._tell_over(before, cause, now)
                case Deed.DOUBT:
                    self._doubt = True
        return facts

    def _enter(self, now: float) -> None:
        self._polled_at = now
        self._empty = 0
        if self._phase is Phase.RINGING:
            self._rang_at = now
        elif self._phase is Phase.ANSWERING:
            self._answered_at = now

    def _tell_ring(self, now: float) -> list[Fact]:
        if self._told and now - self._rang_at < RING_APART:
            return []
        self._told = True
        self._rang_at = now
        return [Ringing(), *self._tell_caller()]

    def _tell_caller(self) -> list[Fact]:
        if self._caller is None or self._caller_told or not self._told:
            return []
        self._caller_told = True
        return [self._caller]

    def _tell_over(self, before: Phase, cause: str, now: float) -> list[Fact]:
        told = self._told
        if before not in (Phase.UP, Phase.DIALLING) and cause != "MISSED_CALL":
            self._unreported.append(self._caller.number if self._caller is not None else None)
        self._told = self._caller_told = self._caller_by_clip = self._doubt = self._alerting = False
        self._waiting.clear()
        self._caller = None
        self._call_id = None
        self._over_at = now
        self._ending_until = float("-inf")
        return [CallOver(cause)] if told else []

    def _ring(self, text: str, now: float) -> list[Fact]:  # noqa: ARG002
        self.changes += 1
        return self._apply(Sign.RING, now)

    def _cring(self, text: str, now: float) -> list[Fact]:
        return self._ring(text, now) if "VOICE" in text else []

    def _clip(self, text: str, now: float) -> list[Fact]:
        if self._phase in (Phase.IDLE, Phase.DIALLING):
            return []  # late: the call it belongs to is over
        clip = parse_clip(text)
        known = self._caller
        facts: list[Fact] = []
        if known is None or known.presentation is not Presentation.PRESENTED:
            better = known is None or clip.presentation is Presentation.PRESENTED
            if not better:
                return []
        elif clip.number is None or same_number(known.number, clip.number):
            return []
        elif self._caller_by_clip and self._phase is Phase.RINGING:
            facts += self._apply(Sign.GONE, now, "another caller rings")
            facts += self._apply(Sign.RING, now)
        else:
            return []
        self._caller, self._caller_by_clip, self._caller_told = clip, True, False
        return facts + self._tell_caller()

    def _row(self, text: str, now: float) -> list[Fact]:
        try:
            row = parse_call_row(text)
        except AnswerUnreadable:
            return self._apply(Sign.UNSURE, now)
        if not row.voice:
            return []
        self.changes += 1
        if row.state == 6:
            return self._row_over(row, now)
        facts: list[Fact] = []
        if row.state in (0, 1):
            facts = self._apply(Sign.ACTIVE, now)
        elif row.state == 4:
            facts = self._apply(Sign.INCOMING, now)
        elif row.state == 3:
            facts = self._apply(Sign.ALERTING, now)
        return facts + self._learn(row, now)

    def _row_over(self, row: CallRow, now: float) -> list[Fact]:
        if self._call_id is not None and row.call_id != self._call_id:
            self._waiting.pop(clean_number(row.number, row.number_type), None)
            return []
        return self._gone("CLCC state 6", now)

    def _learn(self, row: CallRow, now: float) -> list[Fact]:
        """What a live row tells beside its state: the number, the call's id, a second call."""
        number = clean_number(row.number, row.number_type)
        if self._phase is Phase.UP and row.state in (4, 5):
            return self._tell_waiting(number, now) if row.state == 5 else []
        if self._phase is Phase.IDLE or row.state in (2, 3):
            return []
        self._call_id = row.call_id
        if not row.incoming:
            return []  # the number is the one that we dialled
        if self._caller is None and number is not None:
            self._caller = CallerKnown(number, Presentation.PRESENTED, row.number)
        return self._tell_caller()

    def _voice_call(self, text: str, now: float) -> list[Fact]:
        match = _VOICE_CALL.match(text)
        if match is None:
            return []
        self.changes += 1
        return self._apply(Sign.ACTIVE, now) if match[1] == "BEGIN" else self._gone("VOICE CALL: END", now)

    def _gone_word(self, text: str, now: float) -> list[Fact]:
        self.changes += 1
        if self._phase is Phase.UP and self._waiting:
            self._waiting.clear()  # perhaps only the second caller gave up
            return self._apply(Sign.UNSURE, now)
        return self._gone(text, now)

    def _gone(self, cause: str, now: float) -> list[Fact]:
        if self._phase in (Phase.RINGING, Phase.DIALLING) and now - self._over_at < COMPANION_SECONDS:
            return self._apply(Sign.UNSURE, now)  # the second half of the end of the call before
        return self._apply(Sign.GONE, now, cause)

    def _missed(self, text: str, now: float) -> list[Fact]:
        number = parse_missed(text)
        missed = CallMissed(number)
        for earlier in self._unreported:
            if same_number(earlier, number):
                self._unreported.remove(earlier)
                return [missed]
        known = self._caller
        if self._phase is Phase.RINGING and known is not None and same_number(known.number, number):
            return [*self._apply(Sign.GONE, now, "MISSED_CALL"), missed]
        if self._phase is not Phase.UP:
            self._apply(Sign.UNSURE, now)
        return [missed]

    def _second_call(self, text: str, now: float) -> list[Fact]:
        # Also where no call is known: one that is up may be left over from before, and not listed yet.
        return self._tell_waiting(parse_waiting(text), now)

    def _tell_waiting(self, number: str | None, now: float) -> list[Fact]:
        """Told by +CCWA, and by every listing while it lasts."""
        seen = self._waiting.get(number, float("-inf"))
        self._waiting[number] = now
        while len(self._waiting) > MAX_WAITING:
            self._waiting.pop(next(iter(self._waiting)))
        return [WaitingCall(number)] if now - seen > WAITING_APART else []

    def _digit(self, text: str, now: float) -> list[Fact]:  # noqa: ARG002
        match = _DIGIT.fullmatch(text)
        if match is None or self._phase not in (Phase.ANSWERING, Phase.UP):
            return []
        return [DigitPressed(match[1].upper())]

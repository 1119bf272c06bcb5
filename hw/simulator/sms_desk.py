"""The network's side of short messages, and the module's storing of them (PURE but for the wall clock it is given).

What the network was given for the box, what the module stored, what the host read and deleted, and what the host sent
goes to the ledger: losses and duplicates are counted from there.
"""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hw.simulator import sms_pdu
from hw.simulator.modem_state import Noted, Reply
from hw.simulator.options import OptionError
from hw.simulator.sms_pdu import Sent, Unreadable
from hw.simulator.sms_store import Memory, Slot, State

if TYPE_CHECKING:
    from hw.simulator.module import Module

MAX_WAITING = 1000
"""Messages that the network holds for the box."""
RETRY_SECONDS = 2.0
"""The network tries again when the module has room or is back."""
KINDS = ("ME", "SM", "SR")


@dataclass(slots=True)
class Waiting:
    """A PDU on its way to the box. `id` is the message's, the same for its parts and copies."""

    id: int
    pdu: str
    report: bool = False
    due: float = 0.0


@dataclass(slots=True)
class Counts:
    """For the status page and the soak."""

    accepted: int = 0
    stored: int = 0
    deleted: int = 0
    sent: int = 0
    while_calling: int = 0
    """SMS commands written by a host that knew of a call, which the application note forbids."""
    crossing: int = 0
    """Those that were on their way when a call came, or while the host could not hear of it: nobody's fault."""


class SmsDesk:
    """One SIM's messages."""

    def __init__(self, module: "Module") -> None:
        self.module = module
        self.last_id = 0
        """Ids go on from the ledger's highest."""
        self.counts = Counts()
        profile = module.profile
        sizes = {"ME": profile.sms_me_slots, "SM": profile.sms_sm_slots, "SR": profile.sms_me_slots}
        self.memories = {kind: Memory(sizes[kind], profile.sms_first_index) for kind in KINDS}
        self._waiting: deque[Waiting] = deque()
        self._told_full = False
        self._reference = 0
        self._next_part = 0

    # --- towards the box ----------------------------------------------------------------------------------------

    def receive(
        self, now: float, *, sender: str = "", text: str = "", flash: bool = False, wide: bool = False, pdu: str = ""
    ) -> int:
        """A message for the box, or with `pdu` something that may be none. Raises OptionError."""
        try:
            if pdu:
                return self.incoming_raw(bytes.fromhex(pdu).hex().upper(), now)
            return self.incoming(sender, text, now, flash=flash, wide=wide)
        except ValueError as error:
            raise OptionError([str(error)]) from error

    def incoming(self, sender: str, text: str, now: float, *, flash: bool = False, wide: bool = False) -> int:
        """Somebody writes to the box; returns the message's id. Raises ValueError for a sender or a text that no
        telephone could send."""
        if not sender or not text or len(self._waiting) >= MAX_WAITING:
            raise ValueError("a sender and a text are needed")
        texts = sms_pdu.pieces(text)
        self.last_id += 1
        self._next_part = (self._next_part + 1) % 256
        when = self.module.wall()
        total = len(texts)
        try:
            pdus = [
                sms_pdu.deliver(
                    sender,
                    piece,
                    when,
                    part=(self._next_part, total, number) if total > 1 else None,
                    wide=wide,
                    flash=flash,
                )
                for number, piece in enumerate(texts, 1)
            ]
        except (KeyError, UnicodeEncodeError) as error:
            raise ValueError(f"cannot be sent: {error}") from error
        self._note("sms_in", id=self.last_id, sender=sender, text=text, parts=total, pdus=pdus)
        self.counts.accepted += 1
        if self.module.faults.on("sms_parts_reversed"):
            pdus.reverse()
        self._queue([Waiting(self.last_id, pdu, due=now) for pdu in pdus], now)
        return self.last_id

    def incoming_raw(self, pdu: str, now: float) -> int:
        """A PDU as it is: for messages that nobody can read."""
        self.last_id += 1
        self._note("sms_in", id=self.last_id, sender="", text="", parts=1, pdus=[pdu])
        self.counts.accepted += 1
        self._queue([Waiting(self.last_id, pdu, due=now)], now)
        return self.last_id

    def _queue(self, waiting: list[Waiting], now: float) -> None:
        copies = 2 if self.module.faults.on("sms_twice") else 1
        for one in waiting:
            self._waiting.extend([one] * copies)
        self.module.port.at(now, self.pump)

    def pump(self, now: float) -> None:
        """Delivers what is due, in order; what cannot be delivered waits and is tried again."""
        held: list[Waiting] = []
        while self._waiting:
            one = self._waiting.popleft()
            if one.due > now or not self.module.reachable(now) or not self._deliver(one):
                held.append(one)
        self._waiting.extend(held)
        if held:
            soonest = min(max(one.due, now + RETRY_SECONDS) if one.due <= now else one.due for one in held)
            self.module.port.at(soonest, self.pump)

    def _deliver(self, one: Waiting) -> bool:
        mode = self.module.state.values["+CNMI"]
        direct = mode[3] == "1" if one.report else mode[1] in ("2", "3")
        if direct:
            head = f"+CDS: {sms_pdu.length_of(one.pdu)}" if one.report else f"+CMT: ,{sms_pdu.length_of(one.pdu)}"
            self.module.port.urc(f"{head}\r\n{one.pdu}")
            self._note("sms_shown", id=one.id)
            return True
        kind = "SR" if one.report else self.module.state.values["+CPMS"][2].replace("MT", "ME")
        memory = self.memories[kind]
        if not memory.free or self.module.faults.on("sms_memory_full"):
            self._tell_full()
            return False
        index = memory.add(Slot(one.pdu, State.UNREAD, one.id))
        self.counts.stored += 1
        self._note("sms_stored", id=one.id, memory=kind, index=index)
        if mode[3 if one.report else 1] != "0" and not self.module.faults.on("sms_no_cmti"):
            self.module.port.urc(f'+{"CDSI" if one.report else "CMTI"}: "{kind}",{index}')
        if memory.free == 0:
            self._tell_full()
        return True

    def _tell_full(self) -> None:
        if not self._told_full and self.module.profile.sms_full_urc:
            self.module.port.urc("+SMS FULL")
        self._told_full = True

    def boot(self, now: float) -> None:
        """The module started again: the network tries once it is registered."""
        self._told_full = False
        self.module.port.at(now + self.module.profile.registered_after_s + 0.2, self.pump)

    # --- from the box -------------------------------------------------------------------------------------------

    def submit(self, pdu: str, now: float) -> Reply:
        """AT+CMGS's body came."""
        module = self.module
        try:
            sent = sms_pdu.submitted(pdu)
        except Unreadable as error:
            self._note("sms_unreadable", pdu=pdu[:400], why=str(error))
            return module.cms(304)
        if (refusal := self._refusal(now)) is not None:
            return refusal
        self._reference = (self._reference + 1) % 256
        self.last_id += 1
        self.counts.sent += 1
        self._note("sms_out", id=self.last_id, to=sent.to, text=sent.text, part=sent.part, reference=self._reference)
        if sent.report and not module.faults.on("sms_no_report"):
            self._report(sent, self._reference, now)
        line = f"+CMGS: {self._reference}"
        if module.faults.on("sms_timeout"):
            options = module.faults.all()["sms_timeout"]
            module.faults.take("sms_timeout")
            if options["late"]:
                late = f"\r\n{line}\r\n\r\nOK\r\n".encode()
                module.port.at(now + float(options["seconds"]), lambda _: module.port.raw(late))
            return Reply(final="")
        return Reply((line,), extra_s=module.profile.sms_send_s)

    def submit_text(self, to: str, text: str, now: float) -> Reply:
        """The same in text mode: without reports and long texts."""
        if (refusal := self._refusal(now)) is not None:
            return refusal
        self._reference = (self._reference + 1) % 256
        self.last_id += 1
        self.counts.sent += 1
        self._note("sms_out", id=self.last_id, to=to, text=text, part=None, reference=self._reference)
        return Reply((f"+CMGS: {self._reference}",), extra_s=self.module.profile.sms_send_s)

    def _refusal(self, now: float) -> Reply | None:
        module = self.module
        if not module.reachable(now):
            return module.cms(331)
        if module.faults.on("sms_memory_full"):
            return module.cms(322)
        if module.faults.on("sms_refused"):
            code = int(module.faults.get("sms_refused", "code"))
            module.faults.take("sms_refused")
            return module.cms(code)
        return None

    def _report(self, sent: Sent, reference: int, now: float) -> None:
        faults = self.module.faults
        status = int(faults.get("sms_undelivered", "status")) if faults.on("sms_undelivered") else 0
        when = self.module.wall()
        pdu = sms_pdu.report(reference, sent.to, when, when, status)
        due = now + self.module.profile.sms_report_s
        self._waiting.append(Waiting(self.last_id, pdu, report=True, due=due))
        self.module.port.at(due, self.pump)

    # --- what the host does with the memories ---------------------------------------------------------------------

    def deleted(self, kind: str, index: int, now: float) -> None:
        """A slot is freed."""
        slot = self.memories[kind].slots.pop(index)
        self.counts.deleted += 1
        self._note("sms_deleted", id=slot.id, memory=kind, index=index)
        self._told_full = False
        self.module.port.at(now + 0.05, self.pump)

    def ghost(self, kind: str, index: int) -> None:
        """+CMTI for a slot with nothing in it."""
        self.module.port.urc(f'+CMTI: "{kind}",{index}')

    def in_call(self, name: str) -> Reply | None:
        """SMS commands are not to be mixed with calls (SMS application note, 7)."""
        calls = self.module.state.calls
        if not calls:
            return None
        known = any(call.told is not None and call.told < self.module.port.line_at for call in calls)
        self.counts.while_calling += known
        self.counts.crossing += not known
        self._note("sms_command_in_call", command=name, crossing=not known)
        return self.module.cms(500) if self.module.profile.sms_in_call == "error" else None

    def status(self) -> dict[str, object]:
        """For the control socket."""
        used = {kind: len(memory.slots) for kind, memory in self.memories.items()}
        return {
            "used": used,
            "waiting": len(self._waiting),
            "accepted": self.counts.accepted,
            "stored": self.counts.stored,
            "deleted": self.counts.deleted,
            "sent": self.counts.sent,
            "while_calling": self.counts.while_calling,
            "crossing": self.counts.crossing,
        }

    def _note(self, what: str, **data: object) -> None:
        self.module.effect(Noted(what, data))

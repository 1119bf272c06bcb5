"""Calls inside the module: the order and wording of everything said about them (PURE).

AT manual V3.00 sections 5.2 (calls) and 5.2.25 (CPCMREG); wording of END and MISSED_CALL as firmwares print it.
"""

from typing import TYPE_CHECKING

from hw.simulator.modem_state import (
    ERROR,
    OK,
    Answered,
    Call,
    HungUp,
    Number,
    PcmStarted,
    PcmStopped,
    Rang,
    Reply,
    Stat,
)

if TYPE_CHECKING:
    from hw.simulator.module import Module

MAX_CALLS = 7
NO_CARRIER = "NO CARRIER"
# What +CLIP has been seen to degenerate into: cut short, not a number, unclosed, empty, endless, not ASCII.
MALFORMED = (
    "+CLIP:",
    '+CLIP: "79A6??234",145,,,,0',
    '+CLIP: "+7916123',
    "+CLIP: ,,,,,",
    '+CLIP: "' + "7" * 300 + '",145,,,,0',
    '+CLIP: "\xd0\x9c\xd0\xb0",145,"x"",,0',
)


def _shape(number: Number, form: str) -> tuple[str, int]:
    """(digits, type) as the profile's carrier writes a presented number."""
    digits = number.digits
    if form == "plain7" and digits.startswith("+"):
        return digits[1:], 129
    if form == "national8" and digits.startswith("+7"):
        return "8" + digits[2:], 161
    return digits, 145 if digits.startswith("+") else 129


class CallDesk:
    """The module's call list and what it tells the host."""

    def __init__(self, module: "Module") -> None:
        self._module = module
        self._rng_call = 0

    # --- texts -------------------------------------------------------------------------------------------------

    def clip(self, number: Number) -> str | None:
        """The +CLIP line, or None where it is not sent."""
        faults, profile = self._module.faults, self._module.profile
        if faults.on("clip_missing"):
            return None
        if faults.on("clip_malformed"):
            return MALFORMED[faults.get("clip_malformed", "form") % len(MALFORMED)]
        presentation = self._presentation(number)
        if presentation != "presented":
            validity = 1 if presentation == "withheld" else 2
            return {
                "empty_128": f'+CLIP: "",128,,,,{validity}',
                "empty_129": f'+CLIP: "",129,"",,"",{validity}',
                "no_validity": '+CLIP: "",128',
            }[profile.withheld_form]
        digits, kind = _shape(number, profile.number_form)
        tail = {"full": ",,,,0", "alpha": ',,,"",0', "short": ""}[profile.clip_fields]
        return f'+CLIP: "{digits}",{kind}{tail}'

    def _presentation(self, number: Number) -> str:
        if self._module.faults.on("clip_withheld"):
            return "withheld"
        return "unavailable" if self._module.faults.on("clip_unavailable") else number.presentation

    def row(self, call: Call) -> str:
        """The +CLCC line of a call."""
        faults = self._module.faults
        if call.incoming and (faults.on("clip_missing") or faults.on("clip_malformed")):
            return f"+CLCC: {call.id},1,{int(call.stat)},0,0"  # the number is unknown here too (27.007: optional)
        digits, kind = _shape(call.number, self._module.profile.number_form)
        if self._presentation(call.number) != "presented":
            digits, kind = "", 128
        return f'+CLCC: {call.id},{int(call.incoming)},{int(call.stat)},0,0,"{digits}",{kind}'

    def end_line(self, call: Call, now: float) -> str:
        """VOICE CALL: END in the profile's wording."""
        profile = self._module.profile
        seconds = round(now - (call.active_since if call.active_since is not None else now))
        clock = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
        time = clock if profile.end_time == "hhmmss" else f"{seconds:06d}"
        return {
            "colon_space": f"VOICE CALL: END: {time}",
            "no_space": f"VOICE CALL:END: {time}",
            "bare": "VOICE CALL: END",
        }[profile.end_form]

    def missed_line(self, number: Number) -> str:
        """MISSED_CALL with the module's 12-hour clock."""
        digits = number.digits if number.presentation == "presented" else ""
        return f"MISSED_CALL: {self._module.clock_12h()} {digits}".rstrip()

    # --- events of the network ---------------------------------------------------------------------------------

    def incoming(self, number: Number, now: float) -> bool:
        """A call comes in; False when the line is busy or the module is not registered."""
        state = self._module.state
        if state.calls or not self._module.reachable(now):
            return False
        call = Call(id=1, incoming=True, stat=Stat.INCOMING, number=number, since=now)
        state.calls.append(call)
        if not self._module.profile.volte and state.value("+CNSMOD") == "1":
            self._module.port.urc("+CNSMOD: 4")  # falls back to 3G for the call
        self._ring(call, now)
        return True

    def _ring(self, call: Call, now: float) -> None:
        module, profile = self._module, self._module.profile
        if call not in module.state.calls or call.stat is not Stat.INCOMING:
            return
        call.rings += 1
        if call.told is None and not module.port.silent:
            call.told = now
        if call.rings == 1 and profile.clcc_before_ring:
            self.push_row(call)
        if module.state.value("+CRC") == "1":
            module.port.urc("+CRING: VOICE", doubled=True)
        else:
            module.port.urc("RING")
        module.effect(Rang(call.rings))
        if call.rings == 1 and not profile.clcc_before_ring:
            self.push_row(call)
        gap = profile.first_clip_delay_s if call.rings == 1 else profile.clip_gap_s
        module.port.at(now + gap, lambda _: self._send_clip(call))
        module.port.at(now + profile.ring_period_s, lambda at: self._ring(call, at))
        if module.state.auto_answer and call.rings >= module.state.auto_answer:
            self._connect(call, now)

    def _send_clip(self, call: Call) -> None:
        if self._module.state.value("+CLIP") == "1" and call.stat is Stat.INCOMING and call in self._module.state.calls:
            line = self.clip(call.number)
            if line is not None:
                self._module.port.urc(line)

    def push_row(self, call: Call) -> None:
        """The +CLCC URC of a call, where the host asked for it."""
        if self._module.state.value("+CLCC") == "1":
            self._module.port.urc(self.row(call))

    def remote_hang_up(self, now: float) -> None:
        """The far side (or the network) ends every call."""
        module, profile = self._module, self._module.profile
        for call in list(module.state.calls):
            was_up = call.stat is Stat.ACTIVE
            self.remove(call)
            module.state.last_cause = "Normal call clearing"
            if was_up:
                self.say_remote_end(call, now)
            elif call.incoming and call.stat is Stat.RELEASED:
                self._say_missed(call, now, profile.missed_form)
            else:
                self.push_row(call)
                module.port.urc(NO_CARRIER)

    def say_remote_end(self, call: Call, now: float) -> None:
        """What a call that was up and ended from afar is told by."""
        faults, port = self._module.faults, self._module.port
        if faults.on("silent_end"):
            return
        both = [self.end_line(call, now), NO_CARRIER]
        lines = {
            "end_first": both,
            "no_carrier_first": both[::-1],
            "end_only": both[:1],
            "no_carrier_only": both[1:],
        }[self._module.profile.remote_end]
        if faults.on("no_end"):
            lines = [NO_CARRIER]
        if faults.on("no_no_carrier"):
            lines = both[:1]
        self.push_row(call)
        for number, line in enumerate(lines):
            port.at(now + 0.03 * number, lambda _, line=line: port.urc(line))  # type: ignore[misc]

    def _say_missed(self, call: Call, now: float, form: str) -> None:
        module, port = self._module, self._module.port
        delay = module.profile.missed_delay_s
        if module.faults.on("late_missed"):
            delay = float(module.faults.get("late_missed", "seconds"))
        self.push_row(call)
        line = self.missed_line(call.number)
        if form == "missed_first":
            port.urc(line)
        elif form != "no_carrier":
            port.at(now + delay, lambda _: port.urc(line))
        if form != "missed":
            port.at(now + 0.05, lambda _: port.urc(NO_CARRIER))

    def digit(self, digit: str) -> None:
        """A DTMF digit from the far side. Only in a call; in no manual, seen with and without AT+DDET."""
        module = self._module
        enabled = module.state.value("+DDET") == "1" or not module.profile.rxdtmf_needs_ddet
        if module.state.active() and enabled and not module.faults.on("no_rxdtmf"):
            module.port.urc(f"+RXDTMF: {digit}", doubled=True)

    def waiting(self, number: Number, seconds: float, now: float) -> None:
        """A second caller knocks for a while."""
        module = self._module
        if module.state.active() is None or module.state.value("+CCWA") != "1":
            return
        call = Call(id=2, incoming=True, stat=Stat.WAITING, number=number, since=now, told=now)
        module.state.calls.append(call)
        digits, kind = _shape(number, module.profile.number_form)
        module.port.urc(f'+CCWA: "{digits}",{kind},1')
        self.push_row(call)

        def gone(at: float) -> None:
            if call in module.state.calls:
                self.remove(call)
                self._say_missed(call, at, "missed")

        module.port.at(now + seconds, gone)

    # --- orders of the host ------------------------------------------------------------------------------------

    def answer(self, now: float) -> Reply:
        """ATA: OK and VOICE CALL: BEGIN in the profile's order; NO CARRIER with nothing to answer."""
        module, profile = self._module, self._module.profile
        call = module.state.ringing()
        if call is None:
            return Reply(final=NO_CARRIER)
        if module.faults.on("answer_refused"):
            module.faults.take("answer_refused")
            return ERROR
        if profile.answer_order == "ok_first":
            return Reply(extra_s=profile.answer_s, after=lambda at: self._connect(call, at + 0.01))
        module.port.at(now + profile.answer_s / 2, lambda at: self._connect(call, at))
        return Reply(extra_s=profile.answer_s)

    def _connect(self, call: Call, now: float) -> None:
        module = self._module
        if call not in module.state.calls or call.stat is not Stat.INCOMING:
            return  # the caller gave up in this very moment
        call.stat, call.active_since = Stat.ACTIVE, now
        module.state.pcm_stop_seen = False
        module.state.calls_since_reset += 1
        module.effect(Answered())
        module.port.urc("VOICE CALL: BEGIN", hold=False)
        self.push_row(call)

    def hang_up(self, now: float) -> Reply:
        """AT+CHUP: an END for every call that was up, and OK; OK alone when idle."""
        module, profile = self._module, self._module.profile
        calls = list(module.state.calls)
        if not calls:
            return OK
        if module.faults.on("chup_ignored"):
            module.faults.take("chup_ignored")
            return OK
        lines: list[str] = []
        missed: list[Call] = []
        for call in calls:
            was_up = call.stat is Stat.ACTIVE
            self.remove(call)
            if was_up:
                lines.append(self.end_line(call, now))
            elif call.incoming and profile.reject_is_missed:
                missed.append(call)
        if profile.chup_no_carrier and lines:
            lines.append(NO_CARRIER)
        module.effect(HungUp())

        def tell(at: float) -> None:
            for call in calls:
                if call in missed:
                    self._say_missed(call, at, "missed")
                else:
                    self.push_row(call)
            for line in lines:
                module.port.urc(line, hold=False)

        if profile.chup_order == "ok_first":
            return Reply(extra_s=profile.chup_s, after=lambda at: module.port.at(at + 0.02, tell))
        module.port.at(now + profile.chup_s / 2, tell)
        return Reply(extra_s=profile.chup_s)

    def remove(self, call: Call) -> None:
        """The call is over."""
        call.stat = Stat.RELEASED
        self._module.state.calls.remove(call)
        if self._module.state.active() is None:
            self.stop_pcm()
            if not self._module.profile.pcm_survives_call:
                self._module.state.pcm_registered = False
                self._module.state.pcm_blocked = False

    # --- sound -------------------------------------------------------------------------------------------------

    def pcm_rate(self) -> int:
        """8000 or 16000, as the settings, the network and the faults make it."""
        module = self._module
        volte, plain = module.state.values["+CPCMBANDWIDTH"]
        wide = (volte if module.profile.volte else plain) == "0"
        return 16000 if wide or module.state.pcm_16k or module.faults.on("pcm_16k") else 8000

    def start_pcm(self, now: float) -> Reply:
        """AT+CPCMREG=1: only in a connected call; too early it fails or hangs."""
        module, state, profile = self._module, self._module.state, self._module.profile
        call = state.active()
        if call is None or call.active_since is None:
            return ERROR
        if state.pcm_on:
            return OK
        up_for = now - call.active_since
        if up_for < profile.pcm_hang_before_s:
            return Reply(final="ERROR", extra_s=profile.pcm_hang_s)
        if not self._pcm_allowed(up_for):
            state.pcm_blocked |= profile.pcm_error_needs_stop and not state.pcm_stop_seen
            return ERROR
        state.pcm_registered = True
        delay = profile.pcm_switch_s
        if module.faults.on("pcm_late"):
            delay = float(module.faults.get("pcm_late", "seconds"))

        def switch(_: float) -> None:
            if state.pcm_registered and call in state.calls and not state.pcm_on:
                state.pcm_on = True
                module.effect(PcmStarted(self.pcm_rate()))

        return Reply(after=lambda at: module.port.at(at + delay, switch))

    def _pcm_allowed(self, up_for: float) -> bool:
        state, faults = self._module.state, self._module.faults
        if state.pcm_blocked or state.pcm_registered or up_for < self._module.profile.pcm_ready_after_s:
            return False
        if faults.on("pcm_error"):
            faults.take("pcm_error")
            return False
        return not (faults.on("pcm_degraded") and state.calls_since_reset > 1 and self._first_try())

    def _first_try(self) -> bool:
        """True once for each call."""
        state = self._module.state
        first = self._rng_call != state.calls_since_reset
        self._rng_call = state.calls_since_reset
        return first

    def stop_pcm(self) -> None:
        """Sound stops; the registration stays until AT+CPCMREG=0,1 where the profile says so."""
        if self._module.state.pcm_on:
            self._module.state.pcm_on = False
            self._module.effect(PcmStopped())

    def unregister_pcm(self) -> Reply:
        """AT+CPCMREG=0[,1]."""
        self.stop_pcm()
        self._module.state.pcm_registered = self._module.state.pcm_blocked = False
        self._module.state.pcm_stop_seen = True
        return OK

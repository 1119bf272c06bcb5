"""Calls that the host makes: what the module tells of them (PURE). AT manual V3.00 sections 2.2.2 and 5.2."""

from typing import TYPE_CHECKING

from hw.simulator.call_desk import NO_CARRIER
from hw.simulator.modem_state import Answered, Call, Dialled, Number, Reply, Stat

if TYPE_CHECKING:
    from hw.simulator.module import Module


class OutgoingDesk:
    """The one call that the host made. `somebody_waits`: the network has a far end for what is dialled."""

    def __init__(self, module: "Module") -> None:
        self._module = module
        self.somebody_waits = False

    def dial(self, number: str, now: float) -> Reply:
        """ATD: OK at once means accepted. Where nobody waits for a call it ends in NO CARRIER after `dial_s`."""
        module = self._module
        if module.state.calls:
            return module.cme(3)
        if not module.reachable(now):
            return Reply(final=NO_CARRIER)
        call = Call(id=1, incoming=False, stat=Stat.DIALLING, number=Number(number), since=now, told=now)
        module.state.calls.append(call)
        module.effect(Dialled(number))
        if self.somebody_waits:
            return Reply(after=lambda _: module.calls.push_row(call))

        def gone(_: float) -> None:
            if call in module.state.calls:
                module.calls.remove(call)
                module.state.last_cause = "No user responding"
                module.calls.push_row(call)
                module.port.urc(NO_CARRIER)

        module.port.at(now + module.profile.dial_s, gone)
        return Reply(after=lambda _: module.calls.push_row(call))

    def far_alerts(self, now: float) -> None:
        """It rings at the far end of our call."""
        call = self._outgoing()
        if call is None:
            return
        call.stat = Stat.ALERTING
        if self._module.profile.clcc_alerting:
            self._module.calls.push_row(call)
        if self._module.profile.begin_at_ringback:
            self._connect_outgoing(call, now)

    def far_answers(self, now: float) -> None:
        """The far end took our call."""
        call = self._outgoing()
        if call is not None and call.stat is not Stat.ACTIVE:
            self._connect_outgoing(call, now)

    def far_busy(self, now: float) -> None:
        """The far end is busy, or will not be called."""
        module, call = self._module, self._outgoing()
        if call is None:
            return
        module.state.last_cause = "User busy"
        word = module.profile.busy_word
        if call.stat is Stat.ACTIVE or word == "none":
            if module.profile.begin_at_ringback and call.stat is not Stat.ACTIVE:
                self._connect_outgoing(call, now)
            return  # the tone tells, until the network clears the call
        self._module.calls.remove(call)
        self._module.calls.push_row(call)
        module.port.urc(word)

    def far_gone(self, now: float) -> None:
        """The network gives our call up."""
        call = self._outgoing()
        if call is None:
            return
        was_up = call.stat is Stat.ACTIVE
        self._module.calls.remove(call)
        self._module.state.last_cause = "No user responding"
        if was_up:
            self._module.calls.say_remote_end(call, now)
        else:
            self._module.calls.push_row(call)
            self._module.port.urc(NO_CARRIER)

    def _outgoing(self) -> Call | None:
        return next((call for call in self._module.state.calls if not call.incoming), None)

    def _connect_outgoing(self, call: Call, now: float) -> None:
        module = self._module
        call.stat, call.active_since = Stat.ACTIVE, now
        module.state.pcm_stop_seen = False
        module.state.calls_since_reset += 1
        module.effect(Answered())
        module.port.urc("VOICE CALL: BEGIN", hold=False)
        self._module.calls.push_row(call)

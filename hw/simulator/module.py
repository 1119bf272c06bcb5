"""The whole module without its ports: settings, SIM, registration, start and reset around the AT engine (PURE)."""

import datetime as dt
from collections.abc import Callable
from random import Random

from hw.simulator.at_engine import AtEngine
from hw.simulator.at_lexer import Command, Form
from hw.simulator.call_desk import CallDesk
from hw.simulator.commands import TABLE
from hw.simulator.faults import FaultBoard
from hw.simulator.modem_state import (
    CME,
    CMS,
    ERROR,
    OK,
    SETTINGS,
    Effect,
    ModemState,
    Number,
    PcmStopped,
    Reply,
    Restarting,
)
from hw.simulator.outgoing_desk import OutgoingDesk
from hw.simulator.profile import Profile
from hw.simulator.sms_desk import SmsDesk

MOSCOW = dt.timezone(dt.timedelta(hours=3))
SIGNAL = 21
GARBAGE = (
    b"\x00\xfe\xf8",
    b"\r\n+CSQ: 2",
    b"\xff\xff\x7f\r\n",
    b"\r\nRI",
    b"\r\n\r\n",
    b"+CLCC: 1,1,\r\n",
    b"\x1b[0m\x00",
)


class Module:
    """One SIM7600G-H. Times are seconds of any monotonic clock, given by the caller."""

    def __init__(
        self,
        profile: Profile,
        faults: FaultBoard | None = None,
        rng: Random | None = None,
        wall: Callable[[], dt.datetime] = lambda: dt.datetime.now(MOSCOW),
    ) -> None:
        self.profile = profile
        self.faults = faults or FaultBoard()
        self.rng = rng or Random(1)
        self._wall = wall
        self._effects: list[Effect] = []
        self.state = ModemState(profile)
        self.port = AtEngine(profile, self.faults, self.rng, self._execute)
        self.port.on_answer = self._signal_urc
        self.calls = CallDesk(self)
        self.outgoing = OutgoingDesk(self)
        self.messages = SmsDesk(self)
        self._clear_settings()

    # --- door ---------------------------------------------------------------------------------------------------

    def effect(self, effect: Effect) -> None:
        """Tells the world."""
        self._effects.append(effect)

    def take_effects(self) -> list[Effect]:
        """What the module did to the world since the last call."""
        effects, self._effects = self._effects, []
        return effects

    def boot(self, now: float) -> None:
        """Starts (again): volatile settings are lost, calls are gone, boot URCs follow."""
        if self.state.pcm_on:
            self.effect(PcmStopped())
        kept = {name: self.state.values[name] for name, setting in SETTINGS.items() if setting.kept}
        cpms, tries = self.state.values["+CPMS"], self.state.pin_tries
        self.state = ModemState(self.profile, booted_at=now, pin_tries=tries)
        self._clear_settings()
        self.state.values |= kept | {"+CPMS": cpms}
        self.port.reset()
        self.port.urcs_here = self.profile.default_catr in (0, 3)
        profile, when = self.profile, now
        if profile.boot_garbage:
            self.port.at(when, lambda _: self.port.raw(b"\x00\xff\xfe"))
        if profile.boot_urcs:
            for text in ("RDY", f"+CPIN: {self.sim_word() or 'NOT READY'}", "SMS DONE", "PB DONE"):
                self.port.at(when, lambda _, text=text: self.port.urc(text))  # type: ignore[misc]
                when = max(when + profile.boot_urc_gap_s, now + profile.sim_busy_s if text == "RDY" else when)
                if self.sim_word() != "READY" and text.startswith("+CPIN"):
                    break
        self.port.at(now + profile.registered_after_s, self._registration_urc)
        self.messages.boot(now)
        self.schedule_garbage(now)

    def incoming(self, number: Number, now: float) -> bool:
        """A call for this box; False when it cannot be put through."""
        return self.calls.incoming(number, now)

    def restart(self, seconds: float) -> None:
        """The ports vanish; whoever owns them calls boot() when they are back."""
        self.effect(Restarting(seconds))

    # --- what the world looks like ------------------------------------------------------------------------------

    def cme(self, code: int) -> Reply:
        """A refusal in the form that CMEE asks for (AT manual 3.3)."""
        return Reply(final=self._refusal("CME", code, CME[code]))

    def cms(self, code: int) -> Reply:
        """The same for messages (AT manual 3.4)."""
        return Reply(final=self._refusal("CMS", code, CMS[code]))

    def _refusal(self, kind: str, code: int, text: str) -> str:
        level = self.state.value("+CMEE")
        return "ERROR" if level == "0" else f"+{kind} ERROR: {code if level == '1' else text}"

    def sim_word(self) -> str:
        """READY, SIM PIN, SIM PUK; "" where +CPIN? is refused."""
        if self.faults.on("sim_absent") or self.faults.on("sim_failure"):
            return ""
        if self.faults.on("sim_puk") or self.state.pin_tries <= 0:
            return "SIM PUK"
        return "SIM PIN" if self.faults.on("sim_pin") and not self.state.pin_given else "READY"

    def sim_error(self, now: float) -> Reply | None:
        """The refusal for want of a usable SIM, if any."""
        if self.faults.on("sim_absent"):
            return self.cme(10)
        if self.faults.on("sim_failure"):
            return self.cme(13)
        if now - self.state.booted_at < self.profile.sim_busy_s:
            return self.cme(14)
        return None

    def registration(self, now: float) -> tuple[int, int]:
        """(CREG, CEREG) states of AT manual 4.2.1."""
        if self.sim_word() != "READY" or self.state.fun != 1:
            return 0, 0
        if self.faults.on("not_registered"):
            stat = int(self.faults.get("not_registered", "stat"))
            return stat, stat
        if now - self.state.booted_at < self.profile.registered_after_s:
            return 2, 2
        return (3 if self.faults.on("lte_only") else 1), 1

    def reachable(self, now: float) -> bool:
        """Whether a call gets through to us."""
        return 1 in self.registration(now)

    def wall(self) -> dt.datetime:
        """The network's time."""
        return self._wall()

    def clock_12h(self) -> str:
        """08:48AM."""
        return self._wall().strftime("%I:%M%p")

    def clock(self) -> str:
        """The text of AT+CCLK? (AT manual 3.2.9); without a zone before the network gave the time."""
        if self.faults.on("clock_unset"):
            return "80/01/06,07:09:04"
        return self._wall().strftime("%y/%m/%d,%H:%M:%S") + "+12"

    def signal(self) -> str:
        """rssi,ber."""
        return "99,99" if self.faults.on("no_signal") or self.state.fun != 1 else f"{SIGNAL},99"

    # --- URCs of its own ----------------------------------------------------------------------------------------

    def _signal_urc(self, _: float) -> None:
        if self.state.value("+AUTOCSQ") == "1":
            self.port.urc(f"+CSQ: {self.rng.randint(18, 24)},99")

    def _registration_urc(self, now: float) -> None:
        for name, stat in zip(("+CREG", "+CEREG"), self.registration(now), strict=True):
            if self.state.value(name) != "0":
                self.port.urc(f"{name}: {stat}")

    def fault_changed(self, name: str, now: float, *, on: bool) -> None:
        """Tells the host what a module would tell by itself when this fault comes or goes."""
        if name == "sim_absent" and now - self.state.booted_at > self.profile.sim_busy_s:
            self.port.urc("+CPIN: SIM REMOVED" if on else "+CPIN: READY")
        if name in ("sim_absent", "sim_pin", "sim_puk", "sim_failure", "not_registered", "lte_only"):
            self._registration_urc(now)
        if name == "garbage" and on:
            self.schedule_garbage(now)

    def schedule_garbage(self, now: float) -> None:
        """Noise on the AT port while that fault is on."""
        if self.faults.on("garbage"):
            self.port.raw(self.rng.choice(GARBAGE))
            self.port.at(now + max(0.02, float(self.faults.get("garbage", "every"))), self.schedule_garbage)

    # --- commands -----------------------------------------------------------------------------------------------

    def _clear_settings(self) -> None:
        self.state.values = {name: setting.default for name, setting in SETTINGS.items()}
        self.state.values["+CATR"] = (str(self.profile.default_catr),)
        self.state.values["+CVHU"] = (str(self.profile.ath_default_cvhu),)
        self.state.values["+CPCMBANDWIDTH"] = tuple(self.profile.default_bandwidth.split(","))
        self.state.values["+CLCC"] = ("0",)
        self.state.values["+COPS"] = ("0",)  # the name's form
        self.state.values["+CPMS"] = ("ME", "ME", "ME")

    def _execute(self, command: Command, now: float) -> Reply:
        if (handler := TABLE.get(command.name)) is not None:
            return handler(self, command, now)
        if (setting := SETTINGS.get(command.name)) is None:
            return ERROR
        values = self.state.values
        if command.form is Form.READ:
            return Reply((setting.show(command.name, values[command.name]),))
        if command.form is Form.TEST:
            return Reply((f"{command.name}: {setting.test}",))
        if command.form is Form.SET and setting.accepts(command):
            values[command.name] = command.args + values[command.name][len(command.args) :]
            if command.name == "+CATR":
                self.port.urcs_here = command.text in ("0", "3")
            return OK
        return ERROR if self.state.value("+CMEE") == "0" else self.cme(50)

"""Puts together what makes calls: the policy from the owner's rules, the flow that leads them, tasks and the rule."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Final

from hw.at.dial import DialPolicy, DialRules
from hw.modem.keeper import ModemKeeper
from secretaryd.bus import Bus
from secretaryd.call.call_backs import CallBacks, StandingCalls, StandingRule
from secretaryd.call.calls import Calls
from secretaryd.call.driver import CallDriver, Caller, CallSettings, Outward
from secretaryd.call.outgoing import Outgoing, Wanted
from secretaryd.call.ports import TalkParts
from secretaryd.call.report import Report
from secretaryd.call.talk import Talk
from secretaryd.config.hours import Hours
from secretaryd.config.schema import Config
from secretaryd.desk.dial import DialDesk
from secretaryd.desk.parts import Handlers
from secretaryd.desk.pin import PinDesk
from secretaryd.desk.sim import SimDesk
from secretaryd.flow.interpreter import Interpreter
from secretaryd.run.answers import Speaking
from secretaryd.run.secrets import pin_name
from secretaryd.sim.service import SimService
from secretaryd.troubles import Troubles
from storage.store import Storage

DIALLED: Final = "dialled"
"""The number's presentation in the row of a call of ours."""
MATTER: Final = {
    "ru": {"task": "Вы просили перезвонить. Слушаю вас.", "": "Если хотите что-нибудь передать, я запишу."},
    "en": {"task": "You asked to be called back. I am listening.", "": "If you would like to leave word, I am ready."},
}
"""What is said after the announcement where the owner gave no words of his own."""


@dataclass(frozen=True, slots=True)
class Dialling:
    """Everything that makes calls."""

    outgoing: Outgoing
    call_backs: CallBacks
    standing: StandingCalls
    sim: SimService
    handlers: tuple[Handlers, ...]

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What runs as long as the core does, by name."""
        return {"sim": self.sim.run(), "call.backs": self.standing.run()}


def make_dialling(
    config: Callable[[], Config],
    line: str,
    zone: tzinfo,
    storage: Storage,
    bus: Bus,
    calls: Calls,
    keeper: ModemKeeper,
    troubles: Troubles,
    speaking: Callable[[], Speaking],
    parts: Callable[[], TalkParts],
) -> Dialling:
    """Builds it. `config` is asked whenever something is done by it, so that an edit works at once."""
    language = config().box.language
    call_backs = CallBacks(storage, bus)

    def make_driver(outward: Outward, wanted: Wanted) -> CallDriver:
        matter = wanted.say or MATTER[language]["task" if wanted.task is not None else ""]
        interpreter = Interpreter(speaking().outgoing, values={**speaking().values, "matter": matter})
        own = replace(parts(), interpreter=interpreter)
        return CallDriver(
            CallSettings(line, zone, float(config().call.max_seconds)),
            keeper,
            storage,
            bus,
            lambda record, report: Talk(own, record, report),
            Caller(outward.permit.number, DIALLED),
            Report(language),
            outward=outward,
        )

    def registered() -> bool:
        return keeper.status.up and keeper.status.registered

    def policy() -> DialPolicy:
        dial, longest = config().dial, config().call.max_seconds
        return DialPolicy(DialRules(dial.enabled, dial.allow, dial.calls_a_day, dial.minutes_a_day, longest))

    def ring_seconds() -> float:
        return float(config().dial.ring_seconds)

    def rule() -> StandingRule | None:
        dial = config().dial
        return StandingRule(Hours.parse(dial.call_back_hours), zone) if dial.call_back == "always" else None

    outgoing = Outgoing(line, policy, ring_seconds, zone, storage, calls, bus, make_driver, registered)
    standing = StandingCalls(rule, storage, outgoing)
    sim = SimService(keeper, storage.outgoing, troubles, lambda: config().sim)
    desks = (
        DialDesk(outgoing, storage, language, keeper.send_keys),
        SimDesk(sim, storage, language),
        PinDesk(keeper, storage.secrets, lambda: pin_name(config()), storage.audit, language),
    )
    return Dialling(outgoing, call_backs, standing, sim, tuple(desk.handlers() for desk in desks))

"""Questions to the SIM's operator, and what is known of the SIM."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class AskOperator(Asking, frozen=True, kw_only=True, tag="ussd.send"):
    """A USSD code such as "*100#"; answers {"status": "done", "text": "..."} within a minute."""

    needs: ClassVar[Right] = Right.MANAGE
    seconds: ClassVar[float] = 90.0
    code: str


class AskBalance(Asking, frozen=True, kw_only=True, tag="ussd.balance"):
    """Asks the operator for the balance; answers {"text": "...", "roubles": "152.30" or null}."""

    needs: ClassVar[Right] = Right.ACT
    seconds: ClassVar[float] = 90.0


class ShowSim(Asking, frozen=True, kw_only=True, tag="sim.show"):
    """What is known of the SIM: number, balance and when it was asked, first and last use; answers {"sim": {...}}."""

    needs: ClassVar[Right] = Right.READ


class EnterPin(Asking, frozen=True, kw_only=True, tag="sim.pin"):
    """Tries the SIM's PIN at once, and keeps it as a secret where the SIM takes it. Answers {"opened", "sim": the SIM's
    state, "left": tries until the PUK, null where the SIM does not say}. Refused where it would be the last try, but
    for `last`, and for a PIN that was wrong before."""

    needs: ClassVar[Right] = Right.MANAGE
    seconds: ClassVar[float] = 60.0
    pin: str
    last: bool = False

    def __repr__(self) -> str:
        return f"EnterPin(pin=****, last={self.last})"


Requests = AskOperator | AskBalance | ShowSim | EnterPin

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
    """What is known of the SIM: balance and when it was asked, first and last use; answers {"sim": {...}}."""

    needs: ClassVar[Right] = Right.READ


Requests = AskOperator | AskBalance | ShowSim

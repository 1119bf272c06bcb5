"""A SIM's PIN that somebody types: tried at once, kept once it is right."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from hw.errors import ModemError
from hw.modem.pin_entry import PinOutcome
from hw.modem.sim import LastTry, PinRefusedBefore
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.sim import EnterPin
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from secretaryd.reasons import in_language
from storage.audit.door import Audit
from storage.secrets import Secrets

TEXTS: Final = {
    "ru": {
        "bad_pin": ("PIN состоит из 4–8 цифр.", ""),
        "last_try": (
            "Осталась одна попытка: если PIN неверен, SIM-карта потребует PUK.",
            "Посмотрите PIN в договоре или вставьте карту в телефон; можно и ввести его, подтвердив это.",
        ),
        "refused_before": ("Этот PIN уже не подошёл; попытка не потрачена.", "Введите другой."),
        "no_modem": ("Модем сейчас не отвечает: {}.", "Повторите через минуту."),
    },
    "en": {
        "bad_pin": ("A PIN has 4 to 8 digits.", ""),
        "last_try": (
            "One try is left: if the PIN is wrong, the SIM asks for its PUK.",
            "Look the PIN up in the contract, or put the card into a telephone; or enter it and confirm that.",
        ),
        "refused_before": ("This PIN was wrong before; no try was spent.", "Enter another one."),
        "no_modem": ("The modem does not answer now: {}.", "Try again in a minute."),
    },
}


class PinModem(Protocol):
    """The modem's keeper."""

    async def enter_pin(self, pin: str, *, last: bool = False) -> PinOutcome:
        """Raises LastTry, PinRefusedBefore, ValueError, ModemError."""


class PinDesk:
    """One at a time: a form that is sent twice costs one try."""

    def __init__(
        self,
        modem: PinModem,
        secrets: Secrets,
        name: Callable[[], str],
        audit: Audit,
        language: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`name` is that of the secret in which the PIN is kept, "" where the configuration names a file."""
        self._modem, self._secrets, self._name = modem, secrets, name
        self._audit, self._texts, self._now = audit, Texts(TEXTS, language), now
        self._one = asyncio.Lock()

    def handlers(self) -> Handlers:
        """Its request."""
        return {EnterPin: self._enter}

    async def _enter(self, request: EnterPin, peer: Peer) -> Any:
        async with self._one:
            try:
                outcome = await self._modem.enter_pin(request.pin, last=request.last)
            except ValueError as error:
                raise self._refused("bad_pin", 400) from error
            except LastTry as error:
                raise self._refused("last_try", 409) from error
            except PinRefusedBefore as error:
                raise self._refused("refused_before", 409) from error
            except ModemError as error:
                raise self._refused("no_modem", 503, in_language(error, self._texts.language)) from error
            if outcome.opened and (name := self._name()):
                await asyncio.to_thread(self._secrets.put, name, request.pin, self._now())
        after = {"opened": outcome.opened, "sim": str(outcome.sim)}
        who = peer.actor or f"uid {peer.uid}"
        await self._audit.add(who=who, where="control", what="sim.pin_entered", after=after)
        return {**after, "left": outcome.left}

    def _refused(self, code: str, status: int, *what: str) -> DeskError:
        text, remedy = self._texts[code]
        return DeskError(Problem(code=code, text=text.format(*what), remedy=remedy), status)

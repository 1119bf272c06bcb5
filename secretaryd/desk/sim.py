"""Requests about the SIM and its operator."""

from typing import Any, Final

from hw.errors import CommandRefused, ModemError
from hw.modem.ussd import UssdBusy, UssdSilent, UssdStatus
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.sim import AskBalance, AskOperator, ShowSim
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from secretaryd.reasons import in_language
from secretaryd.sim.service import NoBalanceCode, SimService
from storage.store import Storage

TEXTS: Final = {
    "ru": {
        "bad_code": ("Это не USSD-запрос оператору.", "пример: *100#; переадресация и PIN так не меняются"),
        "busy": ("Сейчас нельзя: идёт звонок или другой запрос.", "повторите позже"),
        "silent": ("Оператор не ответил за 45 секунд.", "повторите позже; проверьте сеть: secretaryctl status"),
        "refused": ("Модем не передал запрос: {}.", "проверьте сеть: secretaryctl status"),
        "no_code": ("Для оператора «{}» код баланса не известен.", 'sim.balance_code = "*100#" в настройках'),
        UssdStatus.TERMINATED: ("Сеть оборвала запрос.", "повторите позже"),
        UssdStatus.UNSUPPORTED: ("Оператор не знает такого запроса.", "проверьте код у оператора"),
        UssdStatus.TIMEOUT: ("Сеть не дождалась ответа.", "повторите позже"),
        UssdStatus.OTHER_CLIENT: ("Ответил другой клиент модема.", "повторите позже"),
    },
    "en": {
        "bad_code": (
            "This is no USSD question to the operator.",
            "for example *100#; it changes no forwarding and no PIN",
        ),
        "busy": ("Not now: there is a call, or another question.", "try again later"),
        "silent": ("The operator did not answer within 45 seconds.", "try again later; see secretaryctl status"),
        "refused": ("The modem did not pass the question on: {}.", "see secretaryctl status"),
        "no_code": ("How to ask {!r} for the balance is not known.", 'set sim.balance_code = "*100#"'),
        UssdStatus.TERMINATED: ("The network broke the question off.", "try again later"),
        UssdStatus.UNSUPPORTED: ("The operator does not know this question.", "ask the operator for the right code"),
        UssdStatus.TIMEOUT: ("The network did not wait for the answer.", "try again later"),
        UssdStatus.OTHER_CLIENT: ("Another client of the modem answered.", "try again later"),
    },
}
ANSWERED: Final = (UssdStatus.DONE, UssdStatus.REPLY_WANTED)


class SimDesk:
    """One question at a time."""

    def __init__(self, sim: SimService, storage: Storage, language: str) -> None:
        self._sim, self._storage, self._texts = sim, storage, Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {AskOperator: self._ask, AskBalance: self._balance, ShowSim: self._show}

    async def _ask(self, request: AskOperator, peer: Peer) -> Any:
        try:
            answer = await self._sim.ask(request.code)
        except (ModemError, ValueError) as error:
            raise self._refused(error) from error
        who = peer.actor or f"uid {peer.uid}"
        await self._storage.audit.add(who=who, where="control", what="ussd.sent", target=request.code)
        if not answer.text and answer.status not in ANSWERED:
            raise self._problem(answer.status, 502)
        return {"status": str(answer.status), "text": answer.text}

    async def _balance(self, _: AskBalance, __: Peer) -> Any:
        try:
            balance = await self._sim.balance()
        except NoBalanceCode as error:
            raise self._problem("no_code", 409, error.operator) from error
        except (ModemError, ValueError) as error:
            raise self._refused(error) from error
        if not balance.text and balance.status not in ANSWERED:
            raise self._problem(balance.status, 502)
        return {"text": balance.text, "roubles": None if balance.roubles is None else str(balance.roubles)}

    async def _show(self, _: ShowSim, __: Peer) -> Any:
        known = await self._sim.known()
        return {
            "sim": {
                "balance": None if known.balance is None else str(known.balance),
                "balance_at": known.balance_at,
                "seen_at": known.seen_at,
                "used_at": known.used_at,
                "number": self._sim.number,
            }
        }

    def _refused(self, error: ModemError | ValueError) -> DeskError:
        match error:
            case ValueError():
                return self._problem("bad_code", 400)
            case UssdBusy():
                return self._problem("busy", 409)
            case UssdSilent():
                return self._problem("silent", 504)
            case CommandRefused():
                return self._problem("refused", 502, error.code)
        return self._problem("refused", 503, in_language(error, self._texts.language))

    def _problem(self, code: str, status: int, *what: str) -> DeskError:
        text, remedy = self._texts[code]
        return DeskError(Problem(code=f"ussd.{code}", text=text.format(*what), remedy=remedy), status)

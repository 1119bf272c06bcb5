"""Requests about calls that the box makes, and call-backs that were asked for."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from hw.at.dial import DialRefused, Refusal
from hw.errors import ModemError
from secretaryd.call.calls import LineBusy
from secretaryd.call.outgoing import NoNetwork, Outgoing, TaskClosed
from secretaryd.control.protocol import CloseTask, DialNumber, DialTask, DialUsed, ListTasks, Problem
from secretaryd.control.protocol.dial import PressKeys
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, plain
from storage.errors import NotFound
from storage.outgoing.records import DIALLING, DONE, DROPPED, FAILED, OPEN
from storage.store import Storage

PAGE_LIMIT: Final = 500
MAX_SAY: Final = 500
STATES: Final = (OPEN, DONE, DROPPED)
T = TypeVar("T")

REFUSALS: Final[dict[Refusal, tuple[tuple[str, str], tuple[str, str]]]] = {
    Refusal.OFF: (
        ("Исходящие звонки выключены.", "dial.enabled = true в настройках"),
        ("Outgoing calls are switched off.", "set dial.enabled = true in the configuration"),
    ),
    Refusal.NO_NUMBER: (
        ("Это не телефонный номер.", "пример: +79161234567"),
        ("This is not a telephone number.", "for example: +79161234567"),
    ),
    Refusal.EMERGENCY: (
        ("Экстренные номера машина не набирает.", "позвоните с телефона: 112"),
        ("A machine does not dial emergency numbers.", "call from a telephone: 112"),
    ),
    Refusal.CODE: (
        ("Коды со * и # не набираются.", "secretaryctl ussd КОД"),
        ("Codes with * and # are not dialled.", "secretaryctl ussd CODE"),
    ),
    Refusal.SHORT: (
        ("Короткий номер не разрешён.", "добавьте его в dial.allow"),
        ("This short number is not allowed.", "add it to dial.allow"),
    ),
    Refusal.FREE: (
        ("Номер 8-800 не разрешён.", "добавьте его в dial.allow"),
        ("This toll-free number is not allowed.", "add it to dial.allow"),
    ),
    Refusal.PREMIUM: (
        ("Платный номер не разрешён.", "добавьте его целиком в dial.allow, если он точно нужен"),
        ("This premium-rate number is not allowed.", "add it, in full, to dial.allow if it is really wanted"),
    ),
    Refusal.SATELLITE: (
        ("Спутниковый номер не разрешён.", "добавьте его целиком в dial.allow, если он точно нужен"),
        ("This satellite number is not allowed.", "add it, in full, to dial.allow if it is really wanted"),
    ),
    Refusal.KAZAKHSTAN: (
        ("Это номер Казахстана: тариф международный.", "добавьте его или +77* в dial.allow"),
        ("This is a number of Kazakhstan, at an international tariff.", "add it, or +77*, to dial.allow"),
    ),
    Refusal.INTERNATIONAL: (
        ("Международный номер не разрешён.", "добавьте его или код страны, например +375*, в dial.allow"),
        ("This international number is not allowed.", "add it, or its country such as +375*, to dial.allow"),
    ),
    Refusal.DAILY_CALLS: (
        ("Звонки на сегодня исчерпаны.", "dial.calls_a_day в настройках"),
        ("Today's calls are used up.", "see dial.calls_a_day in the configuration"),
    ),
    Refusal.DAILY_MINUTES: (
        ("Минуты на сегодня исчерпаны.", "dial.minutes_a_day в настройках"),
        ("Today's minutes are used up.", "see dial.minutes_a_day in the configuration"),
    ),
}

TEXTS: Final = {
    "ru": {
        "busy": ("Линия занята.", "дождитесь конца звонка: secretaryctl status"),
        "no_network": ("Модема нет или он не в сети.", "secretaryctl status"),
        "not_found": ("Задачи {} нет.", "secretaryctl tasks list"),
        "closed": ("Эта задача уже закрыта или набирается.", "secretaryctl tasks list --all"),
        "state": ("Такого состояния нет: {}.", "done, dropped или open"),
        "say": ("Текст длиннее 500 знаков.", "сократите его"),
        "keys": ("Это не клавиши телефона.", "от 1 до 29 знаков из 0-9 * # A-D"),
        "no_call": ("Сейчас нет разговора.", "secretaryctl status"),
    },
    "en": {
        "busy": ("The line is busy.", "wait for the end of the call: secretaryctl status"),
        "no_network": ("There is no modem, or it has no network.", "secretaryctl status"),
        "not_found": ("There is no task {}.", "secretaryctl tasks list"),
        "closed": ("This task is done with, or being dialled.", "secretaryctl tasks list --all"),
        "state": ("There is no such state: {}.", "done, dropped or open"),
        "say": ("The text is longer than 500 characters.", "make it shorter"),
        "keys": ("These are no keys of a telephone.", "1 to 29 of 0-9 * # A-D"),
        "no_call": ("There is no conversation now.", "secretaryctl status"),
    },
}


class DialDesk:
    """Dialling, within the owner's rules."""

    def __init__(
        self, outgoing: Outgoing, storage: Storage, language: str, press: Callable[[str], Awaitable[None]]
    ) -> None:
        """`press` sends keys to the far side. Raises ModemError, ValueError."""
        self._outgoing, self._storage, self._press = outgoing, storage, press
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            DialNumber: self._dial,
            DialUsed: self._used,
            PressKeys: self._keys,
            ListTasks: self._list,
            DialTask: self._dial_task,
            CloseTask: self._close,
        }

    async def _dial(self, request: DialNumber, peer: Peer) -> Any:
        if len(request.say) > MAX_SAY:
            raise self._problem("say", 400)
        number = await self._asked(self._outgoing.dial(request.number, request.say))
        await self._note(peer, "call.dialled", number, {"say": request.say})
        return {"number": number}

    async def _dial_task(self, request: DialTask, peer: Peer) -> Any:
        task = await self._asked(self._outgoing.dial_task(_id(request.id)), request.id)
        await self._note(peer, "task.dialled", f"task:{task.id}", None)
        return {"task": plain(task)}

    async def _keys(self, request: PressKeys, peer: Peer) -> Any:
        try:
            await self._press(request.keys)
        except ValueError as error:
            raise self._problem("keys", 400) from error
        except ModemError as error:
            raise self._problem("no_call", 409) from error
        await self._note(peer, "call.keys", "line", {"count": str(len(request.keys))})
        return {"keys": request.keys}

    async def _used(self, _: DialUsed, __: Peer) -> Any:
        return {"usage": plain(await self._outgoing.used())}

    async def _list(self, request: ListTasks, _: Peer) -> Any:
        states = () if request.all else (OPEN, DIALLING, FAILED)
        before = None if request.before is None else _id(request.before)
        limit = max(1, min(request.limit, PAGE_LIMIT))
        return {"tasks": [plain(task) for task in await self._storage.outgoing.tasks(states, limit, before)]}

    async def _close(self, request: CloseTask, peer: Peer) -> Any:
        if request.state not in STATES:
            raise self._problem("state", 400, request.state[:40])
        work = self._storage.outgoing.close_task(_id(request.id), request.state, _who(peer), "control")
        return {"task": plain(await self._asked(work, request.id))}

    async def _asked(self, work: Awaitable[T], task: int = 0) -> T:
        """What came of it, or why not in words."""
        try:
            return await work
        except DialRefused as error:
            text, remedy = REFUSALS[error.why][self._texts.language == "en"]
            raise DeskError(Problem(code=f"dial.{error.why}", text=text, remedy=remedy), 403) from error
        except LineBusy as error:
            raise self._problem("busy", 409) from error
        except NoNetwork as error:
            raise self._problem("no_network", 409) from error
        except TaskClosed as error:
            raise self._problem("closed", 409) from error
        except NotFound as error:
            raise self._problem("not_found", 404, str(task)) from error

    def _problem(self, code: str, status: int, *what: str) -> DeskError:
        text, remedy = self._texts[code]
        return DeskError(Problem(code=code, text=text.format(*what), remedy=remedy), status)

    async def _note(self, peer: Peer, what: str, target: str, after: dict[str, str] | None) -> None:
        await self._storage.audit.add(who=_who(peer), where="control", what=what, target=target, after=after)


def _id(number: int) -> int:
    return max(0, min(number, MAX_ID))


def _who(peer: Peer) -> str:
    return peer.actor or f"uid {peer.uid}"

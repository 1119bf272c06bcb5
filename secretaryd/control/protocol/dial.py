"""Calls that the box makes: requests, tasks, events."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class DialNumber(Asking, frozen=True, kw_only=True, tag="dial.call"):
    """Calls a number, within the owner's rules; answers {"number": "+7..."} as soon as that has begun. `say` is said
    once somebody is there, after the announcement of recording."""

    needs: ClassVar[Right] = Right.ACT
    number: str
    say: str = ""


class DialUsed(Asking, frozen=True, kw_only=True, tag="dial.usage"):
    """What was dialled today, and what may be; answers {"usage": {...}}."""

    needs: ClassVar[Right] = Right.READ


class PressKeys(Asking, frozen=True, kw_only=True, tag="call.keys"):
    """Keys for the far side of the call that is up, such as an extension or a menu's digit; answers {"keys": "..."}."""

    needs: ClassVar[Right] = Right.ACT
    keys: str


class ListTasks(Asking, frozen=True, kw_only=True, tag="tasks.list"):
    """Call-backs that were asked for, newest first; answers {"tasks": [...]}. `all` also those that are done with."""

    needs: ClassVar[Right] = Right.READ
    limit: int = 50
    before: int | None = None
    all: bool = False


class DialTask(Asking, frozen=True, kw_only=True, tag="tasks.dial"):
    """Calls back now; answers {"task": {...}} as soon as that has begun."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class CloseTask(Asking, frozen=True, kw_only=True, tag="tasks.close"):
    """The owner's word on a task: "done", "dropped", or "open" again; answers {"task": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    state: str = "done"


class CallDialled(Message, frozen=True, kw_only=True, tag="call.dialled"):
    """The box calls a number."""

    call: int
    number: str


class CallAlerting(Message, frozen=True, kw_only=True, tag="call.alerting"):
    """It rings at the far end of a call that the box makes; many modems never tell."""

    call: int


class TaskMade(Message, frozen=True, kw_only=True, tag="task.made"):
    """A caller wants to be called back, at the number that the network presented."""

    task: int
    call: int
    number: str


class TaskChanged(Message, frozen=True, kw_only=True, tag="task.changed"):
    """Something was done about a task."""

    task: int
    state: str
    result: str = ""


Requests = DialNumber | DialUsed | PressKeys | ListTasks | DialTask | CloseTask
Events = CallDialled | CallAlerting | TaskMade | TaskChanged

"""`/admin/settings…`: settings, by the same code as `secretaryctl config set`; the way back, and a new start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from starlette.exceptions import HTTPException

from secretaryd.control.protocol import ShowConfig
from secretaryd.control.protocol.box import RestartBox, ShowRestart
from secretaryd.control.protocol.content import ListChanges, SetConfig, Undo, UnsetConfig
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.auth.roles import Permission


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A key such as "call.max_seconds", and what is in force; secrets are masked."""

    key: str
    value: Any


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: list[Setting]


class NewValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the key's own type."""

    value: bool | int | str | list[Any]


class SettingDone(msgspec.Struct, frozen=True, kw_only=True):
    """`restart`: units that have to start anew before it works; `hidden_by`: the environment variable that counts in
    its place, or ""."""

    key: str
    value: Any
    restart: list[str]
    hidden_by: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed; `at` in UTC epoch seconds."""

    number: int
    at: float
    who: str
    what: str
    target: str
    file: str


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What can be taken back, newest first."""

    items: list[Change]


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken back."""

    undone: Change


class Restart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Services to be started anew; none for all of them."""

    services: Annotated[list[str], msgspec.Meta(max_length=10)] = []


class Restarts(msgspec.Struct, frozen=True, kw_only=True):
    """`waiting`: services that do not know of the newest settings yet; `asked`: those that will start anew, after the
    call that goes on where `call` is true."""

    waiting: list[str]
    asked: list[str]
    call: bool


@dataclass(frozen=True, slots=True)
class SettingsApi:
    """A key at a time, each validated as the file is."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, manage = "/admin/settings", Permission.MANAGE
        one = f"{root}/{{id}}"
        return [
            Operation(method="GET", path=root, needs=manage, does=self.list, answer=Settings, cached=True),
            Operation(method="GET", path="/admin/changes", needs=manage, does=self.changes, answer=Changes,
                      cached=True),
            Operation(method="POST", path="/admin/changes/undo", needs=manage, does=self.undo, answer=Undone),
            Operation(method="GET", path="/admin/restart", needs=manage, does=self.restarts, answer=Restarts),
            Operation(method="POST", path="/admin/restart", needs=manage, does=self.restart, body=Restart,
                      answer=Restarts, status=202),
            Operation(method="GET", path=one, needs=manage, does=self.show, answer=Setting, cached=True),
            Operation(method="PUT", path=one, needs=manage, does=self.set, body=NewValue, answer=SettingDone),
            Operation(method="DELETE", path=one, needs=manage, does=self.unset, answer=SettingDone),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> Settings:
        """Everything in force."""
        return Settings(items=[*await self._all(asked)])

    async def show(self, asked: Asked) -> Setting:
        """One key."""
        for setting in await self._all(asked):
            if setting.key == asked.id:
                return setting
        raise HTTPException(404)

    async def set(self, asked: Asked) -> SettingDone:
        """Another value; 422 for one that cannot be, and for an unknown key."""
        request = SetConfig(key=asked.id, value=asked.body.value)
        return as_(SettingDone, await self.tools.desk.ask(request, asked.name))

    async def unset(self, asked: Asked) -> SettingDone:
        """Back to what the box's own file and the defaults say; 422 for a key that was not set."""
        return as_(SettingDone, await self.tools.desk.ask(UnsetConfig(key=asked.id), asked.name))

    async def changes(self, asked: Asked) -> Changes:
        """Of settings, persona and questions."""
        found = await self.tools.desk.ask(ListChanges(), asked.name)
        return as_(Changes, {"items": found["changes"]})

    async def undo(self, asked: Asked) -> Undone:
        """Takes the newest change back; 404 where there is none."""
        return as_(Undone, await self.tools.desk.ask(Undo(), asked.name))

    async def restarts(self, asked: Asked) -> Restarts:
        """What waits for a new start, and what has been asked for."""
        return as_(Restarts, await self.tools.desk.ask(ShowRestart(), asked.name))

    async def restart(self, asked: Asked) -> Restarts:
        """Services start anew, after the call where there is one; 409 while a backup or a restore is under way."""
        request = RestartBox(services=tuple(asked.body.services))
        return as_(Restarts, await self.tools.desk.ask(request, asked.name))

    async def _all(self, asked: Asked) -> Sequence[Setting]:
        config: Mapping[str, Any] = (await self.tools.desk.ask(ShowConfig(), asked.name))["config"]
        return [
            Setting(key=f"{section}.{name}", value=value)
            for section, keys in config.items()
            if isinstance(keys, Mapping)
            for name, value in keys.items()
        ]

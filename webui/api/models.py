"""`/admin/llm/models`, `/admin/models/…`: what there is, and jobs that fetch and check it."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from secretaryd.control.protocol.chat import ShowChatPrompt
from secretaryd.control.protocol.models import (
    InstallModels,
    ListModels,
    RemoveModel,
    ShowModelsJob,
    StopModels,
    UseModel,
    VerifyModels,
)
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.auth.roles import Permission

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[\w.-]+$")]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes and memory are approximate. `kind`: "stt", "tts" or "llm"."""

    name: str
    kind: str
    language: str
    download_mb: int
    memory_mb: int
    licence: str
    about: str
    installed: bool
    active: bool


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """Models that go together."""

    name: str
    models: list[str]
    memory_mb: int
    download_mb: int
    installed: bool


class ModelsJob(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: "running", "done", "failed" or "stopped"; sizes in bytes of the file that is fetched."""

    id: str
    do: str
    names: list[str]
    who: str
    state: str
    file: str
    received: int
    total: int
    result: dict[str, Any]
    problem: str


class ModelsJobShown(msgspec.Struct, frozen=True, kw_only=True):
    """Null before the first."""

    job: ModelsJob | None


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue, and what is installed beside it."""

    items: list[Model]
    bundles: list[Bundle]
    active: dict[str, str]
    free_memory_mb: int
    free_disk_mb: int
    job: ModelsJob | None


class LlmNode(msgspec.Struct, frozen=True, kw_only=True):
    """A language model that may be asked, in order of preference; `state`: ready, loading, away, failed, refused,
    unknown."""

    name: str
    state: str
    model: str
    reason: str


class LlmModels(msgspec.Struct, frozen=True, kw_only=True):
    """Those that run, and those that could."""

    nodes: list[LlmNode]
    items: list[Model]
    active: str


class InstallWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`force`: even where memory is short; `again`: even where it is installed."""

    names: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=20)]
    force: bool = False
    again: bool = False


class VerifyWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them without names."""

    names: Annotated[list[Name], msgspec.Meta(max_length=20)] = []


class ModelsStopped(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was one."""

    stopped: bool


class ModelSetting(msgspec.Struct, frozen=True, kw_only=True):
    """What was set; it is in force once the units in `restart` were started again."""

    key: str
    value: Any
    restart: list[str]
    hidden_by: str = ""


@dataclass(frozen=True, slots=True)
class ModelsApi:
    """One job at a time."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, manage = "/admin/models", Permission.MANAGE
        return [
            Operation(method="GET", path="/admin/llm/models", needs=manage, does=self.llm, answer=LlmModels),
            Operation(method="GET", path=root, needs=manage, does=self.list, answer=Models),
            Operation(
                method="POST", path=f"{root}/install", needs=manage, does=self.install, body=InstallWish,
                answer=ModelsJobShown,
                status=202,
            ),
            Operation(
                method="POST", path=f"{root}/verify", needs=manage, does=self.verify, body=VerifyWish,
                answer=ModelsJobShown,
                status=202,
            ),
            Operation(method="GET", path=f"{root}/job", needs=manage, does=self.job, answer=ModelsJobShown),
            Operation(method="POST", path=f"{root}/stop", needs=manage, does=self.stop, answer=ModelsStopped),
            Operation(method="POST", path=f"{root}/{{id}}/use", needs=manage, does=self.use, answer=ModelSetting),
            Operation(method="DELETE", path=f"{root}/{{id}}", needs=manage, does=self.remove),
        ]  # fmt: skip

    async def llm(self, asked: Asked) -> LlmModels:
        """Language models: nodes that run now, the catalogue, what is installed."""
        desk = self.tools.desk
        found, chat = await desk.ask(ListModels(), asked.name), await desk.ask(ShowChatPrompt(), asked.name)
        nodes = as_(list[LlmNode], chat["nodes"])
        return LlmModels(nodes=nodes, items=models_of(found, "llm"), active=str(found["active"]["llm"]))

    async def list(self, asked: Asked) -> Models:
        """All models and bundles, memory and disk that are left, the last job."""
        found = await self.tools.desk.ask(ListModels(), asked.name)
        return as_(Models, {**found, "items": found["models"]})

    async def install(self, asked: Asked) -> ModelsJobShown:
        """Begins to download, verify and put in place; a broken download goes on where it ended."""
        body: InstallWish = asked.body
        request = InstallModels(names=tuple(body.names), force=body.force, again=body.again)
        return as_(ModelsJobShown, await self.tools.desk.ask(request, asked.name))

    async def verify(self, asked: Asked) -> ModelsJobShown:
        """Begins to compare every byte with its checksum."""
        request = VerifyModels(names=tuple(asked.body.names))
        return as_(ModelsJobShown, await self.tools.desk.ask(request, asked.name))

    async def job(self, asked: Asked) -> ModelsJobShown:
        """How far the last job is."""
        return as_(ModelsJobShown, await self.tools.desk.ask(ShowModelsJob(), asked.name))

    async def stop(self, asked: Asked) -> ModelsStopped:
        """Ends the job; what was downloaded is kept for the next try."""
        return as_(ModelsStopped, await self.tools.desk.ask(StopModels(), asked.name))

    async def use(self, asked: Asked) -> ModelSetting:
        """Checks a model and puts it into the settings."""
        return as_(ModelSetting, await self.tools.desk.ask(UseModel(name=asked.id), asked.name))

    async def remove(self, asked: Asked) -> None:
        """Deletes one that is not in use."""
        await self.tools.desk.ask(RemoveModel(name=asked.id), asked.name)


def models_of(found: dict[str, Any], kind: Literal["stt", "tts", "llm"]) -> "list[Model]":
    """Those of a kind."""
    return as_(list[Model], [model for model in found["models"] if model["kind"] == kind])

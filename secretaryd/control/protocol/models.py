"""Requests about models: the catalogue and what is installed. What takes long is a job, as in `backup`: {"id", "do",
"names", "who", "state" ("running", "done", "failed", "stopped"), "file", "received", "total", "result", "problem"}."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class ListModels(Asking, frozen=True, kw_only=True, tag="models.list"):
    """Answers {"models": [{name, kind, language, download_mb, memory_mb, licence, about, installed, active}],
    "bundles": [{name, about, models, memory_mb, download_mb, installed}], "active": {stt, tts, llm}, "free_memory_mb",
    "free_disk_mb", "job": the last one or null}."""

    needs: ClassVar[Right] = Right.READ


class InstallModels(Asking, frozen=True, kw_only=True, tag="models.install"):
    """Begins to download, verify and put in place models or bundles; a broken download goes on where it ended. Answers
    {"job"}. `force`: even where memory is short; `again`: even where it is installed."""

    needs: ClassVar[Right] = Right.MANAGE
    names: tuple[str, ...]
    force: bool = False
    again: bool = False


class ImportModels(Asking, frozen=True, kw_only=True, tag="models.import"):
    """Begins to copy models from a folder, such as a USB stick's; answers {"job"}."""

    needs: ClassVar[Right] = Right.MANAGE
    source: str


class VerifyModels(Asking, frozen=True, kw_only=True, tag="models.verify"):
    """Begins to read every byte of models (of all without `names`); answers {"job"}, whose result is {"faults": {name:
    [...]}}."""

    needs: ClassVar[Right] = Right.MANAGE
    names: tuple[str, ...] = ()


class StopModels(Asking, frozen=True, kw_only=True, tag="models.stop"):
    """Ends the job; what was downloaded is kept for the next try. Answers {"stopped": bool}."""

    needs: ClassVar[Right] = Right.MANAGE


class ShowModelsJob(Asking, frozen=True, kw_only=True, tag="models.job"):
    """How far the last job is; answers {"job": {...} or null}."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True


class UseModel(Asking, frozen=True, kw_only=True, tag="models.use"):
    """Checks a model and puts it into the settings; answers as `config.set`."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str


class RemoveModel(Asking, frozen=True, kw_only=True, tag="models.remove"):
    """Deletes a model that is not in use; answers {"removed": name}."""

    needs: ClassVar[Right] = Right.MANAGE
    seconds: ClassVar[float] = 60.0
    name: str


Requests = (
    ListModels | InstallModels | ImportModels | VerifyModels | StopModels | ShowModelsJob | UseModel | RemoveModel
)


class ModelsChanged(Message, frozen=True, kw_only=True, tag="models.changed"):
    """A job began, went on or ended; sizes in bytes, 0 where unknown."""

    do: str
    state: str
    file: str = ""
    received: int = 0
    total: int = 0
    reason: str = ""


Events = ModelsChanged

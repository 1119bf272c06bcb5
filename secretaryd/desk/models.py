"""Requests about models."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from secretaryd.config.schema import Config
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.content import SetConfig
from secretaryd.control.protocol.models import (
    ImportModels,
    InstallModels,
    ListModels,
    RemoveModel,
    ShowModelsJob,
    StopModels,
    UseModel,
    VerifyModels,
)
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from secretaryd.reasons import in_language, sentence_in
from secretaryd.run.models import models_in_use
from secretaryd.shop.catalogue import shown
from secretaryd.shop.keeper import Job, JobRunning, Shop
from storage.audit.door import Audit
from voice.errors import ModelFileError
from voice.models.errors import ModelInUse
from voice.models.store import Store

MAX_NAMES: Final = 20
STICKS: Final = (Path("/media"), Path("/mnt"), Path("/run/media"))
"""Where sticks are mounted: the page may look nowhere else."""
TEXTS: Final = {
    "ru": {
        "busy": "С моделями уже что-то делается.",
        "busy_how": "Дождитесь конца или остановите: secretaryctl models stop",
        "unknown": "Модели {} нет в каталоге.",
        "none": "Не названа ни одна модель.",
        "source": "Модели берутся с флешки: из папок {}.",
        "model": "{}",
        "disk": "Не удалось записать: {}.",
    },
    "en": {
        "busy": "Something is being done about models already.",
        "busy_how": "Wait for its end, or stop it: secretaryctl models stop",
        "unknown": "The catalogue has no model {}.",
        "none": "No model is named.",
        "source": "Models are taken from a stick: from folders below {}.",
        "model": "{}",
        "disk": "It could not be written: {}.",
    },
}


class ModelsDesk:
    """Catalogue and store; what takes long is the shop's."""

    def __init__(
        self,
        shop: Shop,
        config: Callable[[], Config],
        set_config: Callable[[SetConfig, Peer], Any],
        audit: Audit,
        language: str,
    ) -> None:
        """`set_config` handles that request."""
        self._shop, self._config, self._set, self._audit = shop, config, set_config, audit
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            ListModels: self._list,
            InstallModels: self._install,
            ImportModels: self._import,
            VerifyModels: self._verify,
            StopModels: self._stop,
            ShowModelsJob: self._job,
            UseModel: self._use,
            RemoveModel: self._remove,
        }

    async def _list(self, _: ListModels, __: Peer) -> Any:
        config = self._config()
        active = {"stt": config.stt.model, "tts": config.tts.voice, "llm": config.llm.model}
        try:
            found = await asyncio.to_thread(shown, self._shop.models, models_in_use(config))
        except (ModelFileError, OSError) as error:
            raise self._refusal("model", 503, sentence_in(error, self._texts.language)) from error
        return {**found, "active": active, **self._shown()}

    async def _install(self, request: InstallModels, peer: Peer) -> Any:
        if not request.names or len(request.names) > MAX_NAMES:
            raise self._refusal("none", 400)
        catalogue = (await asyncio.to_thread(Store, self._shop.models)).catalogue
        for name in request.names:
            if name not in catalogue.entries and name not in catalogue.bundles:
                raise self._refusal("unknown", 404, name)
        return self._begun("install", peer, request.names, force=request.force, again=request.again)

    async def _import(self, request: ImportModels, peer: Peer) -> Any:
        try:
            source = await asyncio.to_thread(lambda: Path(request.source).resolve())
        except (ValueError, OSError, RuntimeError) as error:  # a zero byte, too long, links in a circle
            raise self._refusal("source", 400, ", ".join(map(str, STICKS))) from error
        if not any(source.is_relative_to(stick) for stick in STICKS) and peer.actor is not None:
            raise self._refusal("source", 400, ", ".join(map(str, STICKS)))
        return self._begun("import", peer, (), source=str(source))

    async def _verify(self, request: VerifyModels, peer: Peer) -> Any:
        store = await asyncio.to_thread(Store, self._shop.models)
        for name in request.names:
            await self._of_store(store.get, name)
        return self._begun("verify", peer, request.names[:MAX_NAMES])

    async def _stop(self, _: StopModels, __: Peer) -> Any:
        try:
            return {"stopped": self._shop.stop()}
        except OSError as error:
            raise self._refusal("disk", 503, in_language(error, self._texts.language)) from error

    async def _job(self, _: ShowModelsJob, __: Peer) -> Any:
        return self._shown()

    async def _use(self, request: UseModel, peer: Peer) -> Any:
        store = await asyncio.to_thread(Store, self._shop.models)
        setting = await self._of_store(store.use, request.name)
        return await self._set(SetConfig(key=setting.key, value=setting.value), peer)

    async def _remove(self, request: RemoveModel, peer: Peer) -> Any:
        config = self._config()
        active = models_in_use(config)
        store = await asyncio.to_thread(Store, self._shop.models)
        await self._of_store(store.get, request.name)
        await self._of_store(lambda name: store.remove(name, active), request.name)
        who = peer.actor or f"uid {peer.uid}"
        await self._audit.add(who=who, where="control", what="models.removed", target=request.name)
        return {"removed": request.name}

    async def _of_store(self, do: Callable[[str], Any], name: str) -> Any:
        try:
            return await asyncio.to_thread(do, name)
        except ModelInUse as error:
            raise self._refusal("model", 409, sentence_in(error, self._texts.language)) from error
        except (ModelFileError, OSError, ValueError) as error:
            raise self._refusal("model", 404, sentence_in(error, self._texts.language)) from error

    def _shown(self) -> dict[str, Any]:
        job = self._shop.job
        return {"job": job.plain(self._texts.language) if job else None}

    def _begun(self, do: str, peer: Peer, names: tuple[str, ...], **more: Any) -> Any:
        try:
            job: Job = self._shop.begin(do, peer.actor or f"uid {peer.uid}", names, **more)
        except JobRunning as error:
            problem = Problem(code="busy", text=self._texts["busy"], remedy=self._texts["busy_how"])
            raise DeskError(problem, 409) from error
        return {"job": job.plain(self._texts.language)}

    def _refusal(self, code: str, status: int, *what: str) -> DeskError:
        return DeskError(Problem(code=code, text=self._texts[code].format(*what)), status)

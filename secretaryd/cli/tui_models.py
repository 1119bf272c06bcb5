"""The models of this machine, for the console: what `secretaryctl models` does, in the background and with progress."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from secretaryd.cli.context import Context
from secretaryd.run.models import models_in_use
from tui.ports import Model, ShopFailed
from voice.errors import ModelFileError
from voice.models.download import Progress
from voice.models.install import Installer
from voice.models.store import Store

T = TypeVar("T")


class LocalShop:
    """The store in the data folder."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def _store(self) -> Store:
        return Store(self._context.config.box.data_dir / "models")

    async def models(self) -> tuple[Model, ...]:
        """Catalogue, bundles, and what was imported beside them. Raises ShopFailed."""
        return await _done(asyncio.to_thread(self._models))

    def _models(self) -> tuple[Model, ...]:
        store, config = self._store(), self._context.config
        installed = {manifest.name: manifest for manifest in store.installed()}
        active = models_in_use(config)
        catalogue = store.catalogue
        found = [
            Model(
                entry.name,
                str(entry.kind),
                entry.language,
                entry.download_mb,
                entry.memory_mb,
                entry.licence,
                entry.about,
                installed=entry.name in installed,
                active=entry.name in active,
            )
            for entry in catalogue.entries.values()
        ]
        for bundle in catalogue.bundles.values():
            parts = catalogue.expand(bundle.name)
            found.append(
                Model(
                    bundle.name,
                    "bundle",
                    download_mb=sum(part.download_mb for part in parts),
                    memory_mb=catalogue.memory_mb(bundle.name),
                    about=" + ".join(bundle.models),
                    installed=all(part.name in installed for part in parts),
                )
            )
        others = (manifest for manifest in installed.values() if manifest.name not in catalogue.entries)
        found += [
            Model(
                manifest.name,
                str(manifest.kind),
                manifest.language,
                sum(record.size for record in manifest.files) >> 20,
                licence=manifest.licence,
                about=manifest.source,
                installed=True,
                active=manifest.name in active,
            )
            for manifest in others
        ]
        return tuple(found)

    async def install(self, name: str, progress: Callable[[str, int, int], None]) -> None:
        """Stops at the next piece when cancelled. Raises ShopFailed."""
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def show(state: Progress) -> None:
            if stop.is_set():
                raise ModelFileError("stopped")
            with suppress(RuntimeError):  # the console was left: its loop is closed
                loop.call_soon_threadsafe(progress, Path(state.name).name, state.received, state.total)

        def do() -> None:
            Installer(self._store()).install(name, on_progress=show)

        try:
            await _done(asyncio.to_thread(do))
        except asyncio.CancelledError:
            stop.set()
            raise

    async def remove(self, name: str) -> None:
        """Raises ShopFailed, also for one that is in use."""
        config = self._context.config
        active = models_in_use(config)
        await _done(asyncio.to_thread(lambda: self._store().remove(name, active)))

    async def setting(self, name: str) -> tuple[str, str]:
        """Raises ShopFailed for one that is damaged."""
        setting = await _done(asyncio.to_thread(lambda: self._store().use(name)))
        return setting.key, setting.value


async def _done(work: Awaitable[T]) -> T:
    try:
        return await work
    except (ModelFileError, OSError) as error:
        raise ShopFailed(str(error)) from error

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.model_files import PIPER, PLENTY, QWEN, QWEN_REPOSITORY, VOSK, gguf, piper_files, vosk_zip
from tests.fakes.model_server import ModelServer, model_server
from voice.models import catalogue
from voice.models.catalogue import Catalogue
from voice.models.download import Downloader
from voice.models.install import Installer
from voice.models.store import Store


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        running.publish_vosk(VOSK, vosk_zip())
        running.publish_piper(PIPER, piper_files())
        running.publish_gguf(QWEN_REPOSITORY, f"{QWEN}.gguf", gguf())
        yield running


@pytest.fixture
def small_catalogue() -> Catalogue:
    """The shipped one, with sizes that fit the fakes."""
    shipped = catalogue.load()
    entries = {name: replace(entry, installed_mb=1, download_mb=1) for name, entry in shipped.entries.items()}
    return Catalogue(entries, shipped.bundles)


@pytest.fixture
def store(tmp_path: Path, small_catalogue: Catalogue) -> Store:
    return Store(tmp_path / "models", small_catalogue)


@pytest.fixture
def waits() -> list[float]:
    """The pauses that the downloader asked for; nothing really waits."""
    return []


@pytest.fixture
def downloader(waits: list[float]) -> Downloader:
    return Downloader(sleep=waits.append)


@pytest.fixture
def installer(store: Store, server: ModelServer, downloader: Downloader) -> Callable[..., Installer]:
    def make(*, memory: int = PLENTY, disk: int = PLENTY) -> Installer:
        return Installer(
            store,
            mirrors=server.mirrors,
            downloader=downloader,
            free_memory=lambda: memory,
            free_disk=lambda _folder: disk,
        )

    return make

"""A storage in an empty directory, closed after the test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from storage.store import Storage


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    yield opened
    await opened.close()

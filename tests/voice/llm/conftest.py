"""Nodes on real Unix sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import httpx2
import pytest

from tests.fakes.llm_engine import FakeEngine
from voice.llm.node import serve
from voice.llm.protocol import LlmSettings
from voice.llm.runner import ModelRunner, load_llama

STARTER = Path(__file__).parents[3] / "voice/starter/llm/secretary-starter-q8_0.gguf"


class StartNode(Protocol):
    def __call__(
        self, engine: FakeEngine | None = None, **settings: object
    ) -> AbstractAsyncContextManager[httpx2.AsyncClient]: ...


@pytest.fixture
def starter() -> Path:
    return STARTER


@pytest.fixture
def node(tmp_path: Path) -> StartNode:
    """Starts a node, over a fake engine or the true one, and gives a client of it."""

    @asynccontextmanager
    async def start(engine: FakeEngine | None = None, **more: object) -> AsyncIterator[httpx2.AsyncClient]:
        settings = LlmSettings(**({"socket": tmp_path / "llm.sock", "model": Path("fake.gguf")} | more))  # type: ignore[arg-type]
        runner = ModelRunner(settings, load=(lambda _settings, _given_up: engine) if engine else load_llama)
        ready, stop = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(serve(settings, ready=ready.set, stop=stop, runner=runner))
        await ready.wait()
        await runner.settled()
        transport = httpx2.AsyncHTTPTransport(uds=str(settings.socket), verify=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://llm", timeout=20) as client:
            yield client
        if engine:
            engine.allow(None)
        stop.set()
        await serving
        assert not settings.socket.exists()
        if engine:
            assert not engine.violations
            assert engine.samplers == 0

    return start

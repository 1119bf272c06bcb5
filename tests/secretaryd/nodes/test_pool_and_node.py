"""The pool and our own llm process, together on a Unix socket."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from secretaryd.nodes.openai import OpenAiNode
from secretaryd.nodes.pool import LlmPool
from secretaryd.nodes.ports import ChatMessage, NodeSettings, NodeState, Priority
from tests.fakes.llm_engine import FakeEngine
from voice.errors import ModelUnavailable
from voice.llm.node import serve
from voice.llm.protocol import LlmSettings
from voice.llm.runner import ModelRunner, load_llama

SYSTEM = ChatMessage("system", "Ты секретарь. " * 8)
STARTER = Path(__file__).parents[3] / "voice/starter/llm/secretary-starter-q8_0.gguf"


@asynccontextmanager
async def together(
    tmp_path: Path, engine: FakeEngine | None, *, starter: bool = False, allow_starter: bool = False
) -> AsyncIterator[tuple[LlmPool, ModelRunner]]:
    settings = LlmSettings(tmp_path / "llm.sock", STARTER, starter=starter, threads=1, context=1024)
    runner = ModelRunner(settings, load=(lambda _settings, _given_up: engine) if engine else load_llama)
    ready, stop = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(settings, ready=ready.set, stop=stop, runner=runner))
    await ready.wait()
    await runner.settled()
    pool = LlmPool([OpenAiNode(NodeSettings("local", f"unix:{settings.socket}"))], allow_starter=allow_starter)
    yield pool, runner
    await pool.aclose()
    if engine:
        engine.allow(None)
    stop.set()
    await serving


def said(text: str) -> tuple[ChatMessage, ...]:
    return (SYSTEM, ChatMessage("user", text))


async def test_a_turn_is_prepared_answered_and_released(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with together(tmp_path, engine) as (pool, runner):
        await pool.refresh()
        await pool.prefill("call-1", (SYSTEM,), "скаж")
        prepared = engine.evaluated
        words = [text async for text in pool.stream(said("скажите"), session="call-1")]
        assert "".join(words) == "СКАЖИТЕ"
        assert engine.evaluated - prepared < 60, "the prompt was not evaluated again"
        await pool.release("call-1")
        assert runner.health.queue == 0
        (health,) = await pool.health()
        assert (health.state, health.model) == (NodeState.READY, STARTER.stem)


async def test_a_caller_who_interrupts_frees_the_engine(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with together(tmp_path, engine) as (pool, runner):
        await pool.refresh()
        engine.allow(10)
        async with aclosing(pool.stream(said("а" * 60), session="call-1")) as words:
            await anext(words)
            await engine.blocked()
        while runner.health.queue:  # noqa: ASYNC110 - the node hears of it through its socket
            await asyncio.sleep(0)
        assert engine.interrupted == 1
        engine.allow(None)
        assert "".join([text async for text in pool.stream(said("да"), session="call-1")]) == "ДА"


async def test_a_first_word_that_comes_too_late_is_cancelled_on_the_node(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with together(tmp_path, engine) as (pool, runner):
        await pool.refresh()
        engine.allow(0)
        with pytest.raises(ModelUnavailable, match=r"no word within 0\.1 s"):
            await anext(pool.stream(said("алло"), session="c", first_token_s=0.1))
        while runner.health.queue:  # noqa: ASYNC110 - the node hears of it through its socket
            await asyncio.sleep(0)
        assert pool.ready


async def test_a_caller_goes_before_the_owner_through_the_pool(tmp_path: Path) -> None:
    engine, order = FakeEngine(), []
    async with together(tmp_path, engine) as (pool, runner):
        await pool.refresh()
        engine.allow(0)

        async def ask(priority: Priority) -> None:
            words = pool.stream(said(priority.value), session=priority.value, priority=priority, first_token_s=5)
            assert "".join([text async for text in words]) == priority.value.upper()
            order.append(priority)

        async with asyncio.TaskGroup() as group:
            for number, priority in enumerate((Priority.BATCH, Priority.OWNER, Priority.CALL)):
                group.create_task(ask(priority))
                while runner.health.queue <= number:  # noqa: ASYNC110 - the node hears of it through its socket
                    await asyncio.sleep(0)
            engine.allow(None)
        assert order == [Priority.CALL, Priority.OWNER, Priority.BATCH]


async def test_the_starter_generates_for_nobody_who_does_not_allow_it(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with together(tmp_path, engine, starter=True) as (pool, _):
        with pytest.raises(ModelUnavailable, match="local: starter"):
            await anext(pool.stream(said("алло"), session="c"))
        await pool.prefill("c", (SYSTEM,))
        assert not pool.ready
        assert engine.evaluated == 0


@pytest.mark.engine
@pytest.mark.llama
async def test_the_true_starter_answers_through_the_pool(tmp_path: Path) -> None:
    async with together(tmp_path, None, starter=True, allow_starter=True) as (pool, _):
        head = "Ты — Гуля, секретарь компании «Тогрента». Отвечай коротко и вежливо."
        system = ChatMessage("system", f"{head}\nАдрес: улица Ленина 17.")
        asked = (system, ChatMessage("user", "подскажите какой у вас адрес"))
        text = "".join([text async for text in pool.stream(asked, session="c")])
        assert "улица Ленина 17" in text


def test_the_core_gets_no_engine_with_the_pool() -> None:
    script = (
        "import sys, secretaryd.nodes.pool, secretaryd.nodes.openai\n"
        "print({'llama_cpp', 'numpy', 'starlette', 'uvicorn', 'jinja2', 'voice.llm.runner'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"

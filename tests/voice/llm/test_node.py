"""The llm process's API, over a fake engine, on a real Unix socket."""

import asyncio
import json
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.llm_engine import FakeEngine, FakeInfo
from tests.voice.llm.conftest import StartNode
from voice.llm.node import serve
from voice.llm.protocol import LlmSettings
from voice.llm.runner import MAX_JOBS

Json = dict[str, Any]
COMPLETIONS, PREFILL = "/v1/chat/completions", "/v1/prefill"


def body(text: str, **more: object) -> Json:
    return {"messages": [{"role": "user", "content": text}], **more}


async def events(response: httpx2.Response) -> list[Json]:
    payloads = [line.removeprefix("data: ") async for line in response.aiter_lines() if line]
    assert payloads.pop() == "[DONE]"
    return [json.loads(payload) for payload in payloads]


async def test_a_completion_in_one_piece(node: StartNode) -> None:
    async with node(FakeEngine()) as client:
        answer = (await client.post(COMPLETIONS, json=body("привет"))).json()
    assert answer["object"] == "chat.completion"
    assert answer["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "ПРИВЕТ"}, "finish_reason": "stop"}
    ]
    usage = answer["usage"]
    assert usage["completion_tokens"] == 6
    assert usage["total_tokens"] == usage["prompt_tokens"] + 6
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0}
    assert usage["total_s"] >= usage["first_token_s"] >= usage["queued_s"] >= 0


async def test_a_streamed_completion_is_what_openai_clients_read(node: StartNode) -> None:
    async with (
        node(FakeEngine()) as client,
        client.stream("POST", COMPLETIONS, json=body("да", stream=True)) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        chunks = await events(response)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": ""},
        {"content": "Д"},
        {"content": "А"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, "stop"]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[-1]["usage"]["completion_tokens"] == 2


@pytest.mark.parametrize(
    ("path", "sent", "status", "code"),
    [
        (COMPLETIONS, b"{", 400, "invalid_value"),
        (COMPLETIONS, b'{"messages": []}', 400, "invalid_value"),
        (COMPLETIONS, b" " * 300_000, 400, "invalid_value"),
        (COMPLETIONS, json.dumps(body("щ" * 4000)).encode(), 400, "context_length_exceeded"),
        (COMPLETIONS, json.dumps(body("щ" * 4000, stream=True)).encode(), 400, "context_length_exceeded"),
        (COMPLETIONS, json.dumps(body("да", allow_starter=False)).encode(), 403, "starter_model"),
        (PREFILL, json.dumps(body("да")).encode(), 400, "invalid_value"),
        (PREFILL, json.dumps(body("да", session="c", allow_starter=False)).encode(), 403, "starter_model"),
    ],
)
async def test_errors_are_shaped_as_openai_clients_expect(
    node: StartNode, path: str, sent: bytes, status: int, code: str
) -> None:
    async with node(FakeEngine(FakeInfo(context=300)), starter=True) as client:
        response = await client.post(path, content=sent)
        assert (await client.post(COMPLETIONS, json=body("да"))).status_code == 200
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"]


async def test_a_prefill_makes_the_answer_cheaper(node: StartNode) -> None:
    system = {"role": "system", "content": "Ты секретарь. " * 10}
    async with node(FakeEngine()) as client:
        first = await client.post(PREFILL, json={"messages": [system], "session": "c", "partial": "скаж"})
        assert first.json()["usage"]["evaluated_tokens"] == first.json()["usage"]["prompt_tokens"]
        asked = {"messages": [system, {"role": "user", "content": "скажите"}], "session": "c"}
        usage = (await client.post(COMPLETIONS, json=asked)).json()["usage"]
        assert usage["prompt_tokens_details"]["cached_tokens"] == first.json()["usage"]["prompt_tokens"]
        assert (await client.delete("/v1/session/c")).status_code == 204


async def test_a_client_that_leaves_frees_the_engine_for_the_next(node: StartNode) -> None:
    engine = FakeEngine()
    async with node(engine) as client:
        engine.allow(3)
        async with client.stream("POST", COMPLETIONS, json=body("а" * 30, stream=True)) as response:
            raw = response.aiter_raw()
            await anext(raw)
            await engine.blocked()
        assert (await client.get("/health")).status_code == 200
        while (await client.get("/health")).json()["queue"]:
            pass
        assert engine.interrupted == 1, "the evaluation under way was stopped, not waited for"
        engine.allow(None)
        answer = (await client.post(COMPLETIONS, json=body("да"))).json()
        assert answer["choices"][0]["message"]["content"] == "ДА"


@pytest.mark.parametrize("path", [COMPLETIONS, PREFILL])
async def test_a_client_that_leaves_while_it_waits_leaves_no_job(node: StartNode, path: str) -> None:
    engine = FakeEngine()
    async with node(engine) as client:
        engine.allow(0)
        first = asyncio.create_task(client.post(COMPLETIONS, json=body("да")))
        await engine.blocked()
        waiting = asyncio.create_task(client.post(path, json=body("нет", session="c", priority="batch")))
        while (await client.get("/health")).json()["queue"] < 2:
            pass
        waiting.cancel()
        await asyncio.wait({waiting})
        while (await client.get("/health")).json()["queue"] > 1:
            pass
        engine.allow(None)
        assert (await first).status_code == 200


async def test_fifty_clients_that_leave_in_mid_stream_leave_nothing(node: StartNode) -> None:
    engine = FakeEngine()
    async with node(engine) as client:
        seen: set[int] = set()

        async def leave(number: int) -> None:
            request = body("а" * 400, stream=True, session=f"s{number}", max_tokens=400)
            async with client.stream("POST", COMPLETIONS, json=request) as response:
                seen.add(response.status_code)
                if response.status_code == 200:
                    raw = response.aiter_raw()
                    for _ in range(number % 4):
                        await anext(raw)

        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(leave(number))
        while (health := (await client.get("/health")).json())["queue"]:
            pass
        assert seen <= {200, 429}
        assert health["sessions"] <= 8
        assert (await client.post(COMPLETIONS, json=body("да"))).json()["choices"][0]["message"]["content"] == "ДА"
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "llm.reader"]


async def test_a_full_queue_is_said_with_429(node: StartNode) -> None:
    engine = FakeEngine()
    async with node(engine) as client:
        engine.allow(0)
        waiting = [asyncio.create_task(client.post(COMPLETIONS, json=body("да"))) for _ in range(MAX_JOBS)]
        while (await client.get("/health")).json()["queue"] < MAX_JOBS:
            pass
        refused = await client.post(COMPLETIONS, json=body("ещё"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
        engine.allow(None)
        assert {(await request).status_code for request in waiting} == {200}


async def test_an_engine_that_breaks_in_mid_stream_ends_it_with_an_error_and_no_done(node: StartNode) -> None:
    async with node(FakeEngine(broken_after=4)) as client:
        async with client.stream("POST", COMPLETIONS, json=body("привет", stream=True)) as response:
            lines = [line async for line in response.aiter_lines() if line]
        assert json.loads(lines[-1].removeprefix("data: "))["error"]["code"] == "engine_error"
        whole = await client.post(COMPLETIONS, json=body("привет"))
        assert whole.status_code == 200


async def test_health_and_models_say_what_runs(node: StartNode) -> None:
    async with node(FakeEngine(), model_name="qwen", starter=True) as client:
        await client.post(COMPLETIONS, json=body("да"))
        health = (await client.get("/health")).json()
        assert (health["state"], health["model"], health["starter"], health["context"]) == ("ready", "qwen", True, 4096)
        assert health["tokens_per_second"]["decode"] > 0
        assert [model["id"] for model in (await client.get("/v1/models")).json()["data"]] == ["qwen"]


async def test_without_a_model_the_process_is_up_and_says_why(node: StartNode) -> None:
    async with node(model=None) as client:
        health = (await client.get("/health")).json()
        assert (health["state"], health["reason"]) == ("absent", "no model is configured")
        assert (await client.get("/v1/models")).json()["data"] == []
        answer = await client.post(COMPLETIONS, json=body("да"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_unavailable")
        assert "no model is configured" in answer.json()["error"]["message"]


async def test_stopping_ends_an_open_stream_and_removes_the_socket(tmp_path: Path, node: StartNode) -> None:
    engine = FakeEngine()
    async with node(engine) as client:
        engine.allow(3)
        stream = client.stream("POST", COMPLETIONS, json=body("а" * 30, stream=True))
        response = await stream.__aenter__()
        await engine.blocked()
        assert stat.S_IMODE((tmp_path / "llm.sock").stat().st_mode) == 0o660
    # The node has stopped with the stream open, and nothing hung.
    assert engine.closed
    await stream.__aexit__(None, None, None)
    assert response.status_code == 200


async def test_signals_are_left_to_the_process(node: StartNode) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with node(FakeEngine()):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


async def test_a_stale_socket_is_replaced_and_a_live_one_or_a_file_is_not(tmp_path: Path, node: StartNode) -> None:
    path = tmp_path / "llm.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    settings = LlmSettings(path)
    async with node(FakeEngine()) as client:
        assert (await client.get("/health")).status_code == 200
        with pytest.raises(OSError, match="another llm process"):
            await serve(settings, ready=lambda: None, stop=asyncio.Event())
        assert (await client.get("/health")).status_code == 200
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="no socket"):
        await serve(settings, ready=lambda: None, stop=asyncio.Event())
    assert path.read_text() == "mine"

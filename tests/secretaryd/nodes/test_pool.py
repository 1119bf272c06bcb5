"""The pool and its HTTP client against servers on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from secretaryd.nodes import pool as pool_module
from secretaryd.nodes.openai import CHARS_A_TOKEN, Limits, OpenAiNode
from secretaryd.nodes.pool import LlmPool
from secretaryd.nodes.ports import ChatMessage, NodeSettings, NodeState, Priority
from tests.fakes.llm_server import FakeLlmServer, Servers, Way, our_health
from voice.errors import ModelUnavailable

ASKED = (ChatMessage("system", "Ты Гуля."), ChatMessage("user", "алло"))
QUICK = Limits(connect=0.5, stall=0.2, total=2.0, health=0.5, prefill=0.5)
GOOD = "Добрый день."
DEAD = "unix:/nowhere/llm.sock"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    found = Servers(tmp_path)
    async with found.stack:
        yield found
    assert [server.violations for server in found.started] == [[] for _ in found.started]


@asynccontextmanager
async def pooled(
    *urls: str, clock: Clock | None = None, allow_starter: bool = False, **settings: object
) -> AsyncIterator[LlmPool]:
    nodes = [
        OpenAiNode(NodeSettings(f"n{at}", url, **settings), QUICK)  # type: ignore[arg-type]
        for at, url in enumerate(urls)
    ]
    pool = LlmPool(nodes, clock=clock or Clock(), allow_starter=allow_starter)
    yield pool
    await pool.aclose()


async def answer(pool: LlmPool, **more: object) -> str:
    return "".join([text async for text in pool.stream(ASKED, session="c", **({"first_token_s": 1.0} | more))])  # type: ignore[arg-type]


async def states(pool: LlmPool) -> list[NodeState]:
    return [health.state for health in await pool.health()]


@pytest.mark.parametrize("way", [Way.GOOD, Way.CUT, Way.NO_DONE])
@pytest.mark.parametrize("ours", [True, False])
async def test_words_come_as_they_are_said(servers: Servers, way: Way, ours: bool) -> None:
    server = await servers.start(FakeLlmServer(way=way, ours=ours, health=our_health() if ours else 200))
    async with pooled(server.url, model="qwen") as pool:
        words = [text async for text in pool.stream(ASKED, session="c", priority=Priority.OWNER, max_tokens=7)]
    assert words == ["Добрый ", "день."]
    method, path, body = server.requests[-1]
    assert (method, path) == ("POST", "/v1/chat/completions")
    extra = {"session": "c", "priority": "owner", "allow_starter": False} if ours else {}
    assert (
        body
        == {
            "messages": [{"role": "system", "content": "Ты Гуля."}, {"role": "user", "content": "алло"}],
            "stream": True,
            "max_tokens": 7,
            "model": "qwen",
        }
        | extra
    )


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_a_url_may_be_written_with_v1_or_without(servers: Servers, suffix: str) -> None:
    server = await servers.start(FakeLlmServer())
    async with pooled(server.url + suffix) as pool:
        assert await answer(pool) == GOOD


@pytest.mark.parametrize("url", ["llm.sock", "ftp://host", "http://", ""])
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="unix:PATH"):
        OpenAiNode(NodeSettings("n", url))


BEFORE_THE_FIRST_WORD = {
    "dropped": FakeLlmServer(way=Way.DROPS),
    "500": FakeLlmServer(status=500),
    "503": FakeLlmServer(status=503),
    "429": FakeLlmServer(status=429),
    "400": FakeLlmServer(status=400, code="context_length_exceeded"),
    "401": FakeLlmServer(status=401),
    "404": FakeLlmServer(status=404),
    "302": FakeLlmServer(status=302),
    "silent": FakeLlmServer(way=Way.SILENT),
    "headers only": FakeLlmServer(way=Way.HEADERS),
    "comments for ever": FakeLlmServer(way=Way.COMMENTS),
    "not JSON": FakeLlmServer(way=Way.NOT_JSON),
    "another shape": FakeLlmServer(way=Way.WRONG_SHAPE),
    "a web page": FakeLlmServer(way=Way.HTML),
    "an error event": FakeLlmServer(way=Way.ERROR_EVENT),
    "an empty answer": FakeLlmServer(way=Way.EMPTY),
    "a line without end": FakeLlmServer(way=Way.FLOOD),
}


@pytest.mark.parametrize("case", BEFORE_THE_FIRST_WORD)
async def test_until_the_first_word_another_node_takes_over(servers: Servers, case: str) -> None:
    given = BEFORE_THE_FIRST_WORD[case]
    bad = await servers.start(FakeLlmServer(way=given.way, status=given.status, code=given.code))
    good = await servers.start(FakeLlmServer())
    async with pooled(bad.url, good.url) as pool:
        assert await answer(pool) == GOOD
    assert bad.paths() == ["/health", "/v1/chat/completions"]


@pytest.mark.parametrize("case", BEFORE_THE_FIRST_WORD)
async def test_with_nobody_to_take_over_the_reason_is_said_in_time(servers: Servers, case: str) -> None:
    given = BEFORE_THE_FIRST_WORD[case]
    bad = await servers.start(FakeLlmServer(way=given.way, status=given.status, code=given.code))
    async with pooled(bad.url) as pool:
        with pytest.raises(ModelUnavailable, match="n0: "):
            async with asyncio.timeout(2):
                await answer(pool, first_token_s=0.3)


async def test_a_node_that_is_not_there_is_passed_over(servers: Servers) -> None:
    good = await servers.start(FakeLlmServer())
    async with pooled(DEAD, "http://127.0.0.1:9", good.url) as pool:
        assert await answer(pool) == GOOD
        assert await states(pool) == [NodeState.AWAY, NodeState.AWAY, NodeState.READY]


async def test_a_node_that_vanishes_between_two_looks_is_passed_over(servers: Servers) -> None:
    first = await servers.start(FakeLlmServer(ours=True, health=our_health()))
    good = await servers.start(FakeLlmServer())
    async with pooled(first.url, good.url) as pool:
        await pool.refresh()
        Path(first.url.removeprefix("unix:")).unlink()
        first.way = Way.DROPS
        assert await answer(pool) == GOOD
        assert await states(pool) == [NodeState.AWAY, NodeState.READY]


@pytest.mark.parametrize("way", [Way.DIES, Way.ENDS, Way.STALLS, Way.LATE_ERROR])
async def test_after_the_first_word_nobody_takes_over(servers: Servers, way: Way) -> None:
    bad = await servers.start(FakeLlmServer(way=way))
    good = await servers.start(FakeLlmServer())
    async with pooled(bad.url, good.url) as pool:
        said: list[str] = []

        async def listen() -> None:
            async for text in pool.stream(ASKED, session="c"):
                said.append(text)  # noqa: PERF401 - what came before the failure counts

        with pytest.raises(ModelUnavailable):
            await asyncio.wait_for(listen(), 2)
        assert said == ["Добрый "]
        assert good.paths() == ["/health"]


async def test_a_server_that_never_stops_is_cut_off(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(way=Way.ENDLESS))
    async with pooled(server.url) as pool:
        text = await answer(pool, max_tokens=10)
        assert len(text) == 10 * CHARS_A_TOKEN
        async with asyncio.timeout(2):
            await server.left.wait()


async def test_an_answer_that_takes_too_long_in_all_is_given_up(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(way=Way.ENDLESS))
    node = OpenAiNode(NodeSettings("n0", server.url), Limits(total=0.0))
    pool = LlmPool([node])
    with pytest.raises(ModelUnavailable, match="not finished after 0 s"):
        await answer(pool)
    await pool.aclose()


async def test_closing_the_stream_closes_the_connection(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(way=Way.STALLS))
    async with pooled(server.url) as pool:
        async with aclosing(pool.stream(ASKED, session="c")) as words:
            assert await anext(words) == "Добрый "
        async with asyncio.timeout(2):
            await server.left.wait()
        server.way = Way.GOOD
        assert await answer(pool) == GOOD


async def test_cancelling_the_turn_closes_the_connection(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(way=Way.SILENT))
    async with pooled(server.url) as pool:
        await pool.refresh()
        turn = asyncio.create_task(answer(pool, first_token_s=30.0))
        await server.asked("/v1/chat/completions")
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        async with asyncio.timeout(2):
            await server.left.wait()


async def test_a_failing_node_is_left_alone_for_a_while_and_then_tried_again(servers: Servers) -> None:
    bad = await servers.start(FakeLlmServer(status=500))
    good = await servers.start(FakeLlmServer())
    clock = Clock()
    async with pooled(bad.url, good.url, clock=clock) as pool:
        tried = []
        for now in (0.0, 0.5, 1.0, 2.5, 3.0, 6.9, 7.0):
            clock.now, before = now, len(bad.requests)
            assert await answer(pool) == GOOD
            tried.append("/v1/chat/completions" in bad.paths()[before:])
        assert tried == [True, False, True, False, True, False, True]
        clock.now, bad.status = 15.0, 200
        bad.words = ("Снова ", "я.")
        assert await answer(pool) == "Снова я."


async def test_good_health_brings_back_a_node_that_was_away_and_not_one_that_answers_wrongly(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(way=Way.DROPS))
    async with pooled(server.url) as pool:
        for way, ready in ((Way.DROPS, True), (Way.NOT_JSON, False)):
            server.way = way
            with pytest.raises(ModelUnavailable):
                await answer(pool)
            assert not pool.ready
            await pool.refresh()
            assert pool.ready is ready


@pytest.mark.parametrize(
    ("health", "state", "reason"),
    [
        (our_health(), NodeState.READY, ""),
        (our_health(state="loading"), NodeState.LOADING, ""),
        (our_health(state="failed", reason="model.gguf: truncated"), NodeState.FAILED, "model.gguf: truncated"),
        (our_health(state="absent", reason="no model is configured"), NodeState.FAILED, "no model is configured"),
        (our_health(starter=True), NodeState.REFUSED, "starter"),
    ],
)
async def test_our_own_process_is_asked_only_when_its_health_allows(
    servers: Servers, health: dict[str, object], state: NodeState, reason: str
) -> None:
    server = await servers.start(FakeLlmServer(ours=True, health=health))
    async with pooled(server.url) as pool:
        if state is NodeState.READY:
            assert await answer(pool) == GOOD
        else:
            with pytest.raises(ModelUnavailable, match=f"n0: {reason or state.value}"):
                await answer(pool)
            assert server.paths() == ["/health"], "not a word was asked of it"
        (seen,) = await pool.health()
        assert (seen.state, seen.reason, seen.model, seen.tokens_per_second) == (state, reason, "qwen", 8.5)
        assert pool.ready is (state is NodeState.READY)


async def test_the_starter_model_speaks_only_where_it_may(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(ours=True, health=our_health(starter=True)))
    async with pooled(server.url, allow_starter=True) as pool:
        assert await answer(pool) == GOOD
        assert server.requests[-1][2]["allow_starter"] is True
        assert (await pool.health())[0].starter


async def test_a_process_that_became_the_starter_since_the_last_look_refuses_by_itself(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(ours=True, health=our_health()))
    async with pooled(server.url) as pool:
        await pool.refresh()
        server.status, server.code = 403, "starter_model"
        with pytest.raises(ModelUnavailable, match="starter"):
            await answer(pool)
        assert server.requests[-1][2]["allow_starter"] is False


@pytest.mark.parametrize(
    ("health", "models", "state"),
    [
        (200, 404, NodeState.READY),
        (404, 200, NodeState.READY),
        (404, 401, NodeState.FAILED),
        (404, 503, NodeState.AWAY),
        (503, 200, NodeState.LOADING),
    ],
)
async def test_a_foreign_node_is_asked_for_its_health_and_else_for_its_models(
    servers: Servers, health: int, models: int, state: NodeState
) -> None:
    server = await servers.start(FakeLlmServer(health=health, models=models))
    async with pooled(server.url) as pool:
        await pool.refresh()
        assert await states(pool) == [state]


async def test_a_key_is_read_from_its_file_and_sent(servers: Servers, tmp_path: Path) -> None:
    file = tmp_path / "key"
    server = await servers.start(FakeLlmServer(key="sk-1", health=404))
    async with pooled(server.url, api_key_file=file) as pool:
        with pytest.raises(ModelUnavailable, match="cannot be read: FileNotFoundError"):
            await answer(pool)
        file.write_text("  sk-1\n")
        await pool.refresh()
        assert await answer(pool) == GOOD
    file.write_text("два\nслова")
    async with pooled(server.url, api_key_file=file) as pool:
        with pytest.raises(ModelUnavailable, match="holds no key"):
            await answer(pool)


@pytest.mark.parametrize(("status", "asked"), [(200, 2), (404, 1), (405, 1), (501, 1), (500, 2)])
async def test_a_node_without_prefill_is_not_asked_again_and_nothing_fails(
    servers: Servers, status: int, asked: int
) -> None:
    server = await servers.start(FakeLlmServer(prefill=status, ours=True, health=our_health()))
    clock = Clock()
    async with pooled(server.url, clock=clock) as pool:
        await pool.prefill("c", ASKED[:1], "ал")
        assert server.requests == [], "a node never seen is not asked in passing"
        await pool.refresh()
        for _ in range(2):
            await pool.prefill("c", ASKED[:1], "ал")
            clock.now += 100
        assert server.paths().count("/v1/prefill") == asked
        assert await answer(pool) == GOOD
    sent = next(body for _, path, body in server.requests if path == "/v1/prefill")
    assert sent == {
        "messages": [{"role": "system", "content": "Ты Гуля."}],
        "session": "c",
        "partial": "ал",
        "priority": "call",
    }


async def test_prefill_and_release_never_raise() -> None:
    async with pooled(DEAD) as pool:
        await pool.refresh()
        await pool.prefill("c", ASKED)
        await pool.release("c")


async def test_a_session_is_released_at_our_own_nodes_only(servers: Servers) -> None:
    own = await servers.start(FakeLlmServer(ours=True, health=our_health()))
    foreign = await servers.start(FakeLlmServer())
    async with pooled(own.url, foreign.url) as pool:
        await pool.refresh()
        await pool.release("call-7")
    assert own.requests[-1][:2] == ("DELETE", "/v1/session/call-7")
    assert foreign.paths() == ["/health"]


async def test_slow_answers_leave_a_lone_node_in_use_until_the_third(servers: Servers) -> None:
    server = await servers.start(FakeLlmServer(way=Way.SILENT))
    async with pooled(server.url) as pool:
        await pool.refresh()
        usable = []
        for _ in range(3):
            with pytest.raises(ModelUnavailable):
                await answer(pool, first_token_s=0.05)
            usable.append(pool.ready)
        assert usable == [True, True, False]


async def test_no_nodes_at_all_is_a_reason_too() -> None:
    pool = LlmPool([])
    assert not pool.ready
    with pytest.raises(ModelUnavailable, match="no language model is configured"):
        await answer(pool)


async def test_run_looks_often_until_someone_is_ready_and_at_once_after_a_loss(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "EAGER_SECONDS", 0.01)
    monkeypatch.setattr(pool_module, "REFRESH_SECONDS", 30.0)
    server = await servers.start(FakeLlmServer(ours=True, health=our_health(state="loading")))

    async def until_ready(pool: LlmPool) -> None:
        while not pool.ready:  # noqa: ASYNC110 - it is a property, and set by the pool's own task
            await asyncio.sleep(0)

    async with pooled(server.url) as pool, asyncio.timeout(5):
        running = asyncio.create_task(pool.run())
        await server.asked("/health", 3)
        server.health = our_health()
        await until_ready(pool)
        server.way = Way.DROPS
        with pytest.raises(ModelUnavailable):
            await answer(pool)
        assert not pool.ready
        server.way = Way.GOOD
        await until_ready(pool)
        assert await answer(pool) == GOOD
        running.cancel()
        await asyncio.wait({running})

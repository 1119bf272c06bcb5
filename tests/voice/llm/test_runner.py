"""The runner over a model that checks its contract: who goes first, what is kept, what is counted."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.llm_engine import FakeClock, FakeEngine, FakeInfo, answer, ask, prepare, running
from voice.errors import ModelFileError, ModelUnavailable, VoiceError
from voice.llm.job import STREAM_AHEAD, Handle, Request
from voice.llm.pace import Pace
from voice.llm.prompt import PromptTooLong
from voice.llm.protocol import ChatMessage, LlmSettings, ModelState, Priority, Work
from voice.llm.runner import MAX_JOBS, ModelRunner, QueueFull
from voice.llm.sessions import Sessions

SYSTEM = "Ты секретарь. " * 10


def opening(system: str, partial: str = "") -> str:
    return f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{partial}"


def dialogue(*said: str, session: str = "", **more: object) -> Request:
    roles = ("user", "assistant")
    turns = [ChatMessage(roles[at % 2], text) for at, text in enumerate(said)]
    return Request((ChatMessage("system", SYSTEM), *turns), session=session, **more)  # type: ignore[arg-type]


async def text_of(handle: Handle) -> str:
    return "".join([piece async for piece in handle])


async def test_an_answer_comes_token_by_token() -> None:
    async with running(FakeEngine()) as runner:
        handle = runner.submit(ask("привет"))
        assert [piece async for piece in handle] == list("ПРИВЕТ")
        assert handle.finish_reason == "stop"
        assert (handle.usage.completion_tokens, handle.usage.cached_tokens) == (6, 0)


@pytest.mark.parametrize(
    ("more", "text", "reason"),
    [
        ({"max_tokens": 3}, "ПРИ", "length"),
        ({"max_tokens": 1}, "П", "length"),
        ({"stop": ("ВЕ",)}, "ПРИ", "stop"),
        ({"stop": ("Щ",)}, "ПРИВЕТ", "stop"),
        ({"max_tokens": 4, "stop": ("ВЕТЕР",)}, "ПРИВ", "length"),
    ],
)
async def test_an_answer_ends_where_it_is_told_to(more: dict[str, object], text: str, reason: str) -> None:
    async with running(FakeEngine()) as runner:
        handle = runner.submit(ask("привет", **more))  # type: ignore[arg-type]
        assert await text_of(handle) == text
        assert handle.finish_reason == reason


async def test_a_caller_pre_empts_the_owner_who_pre_empts_a_batch_and_nothing_is_evaluated_twice() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(3)  # two batches of prompt and the first token: the job is decoding
        batch = runner.submit(ask("сводка", session="b", priority=Priority.BATCH))
        await engine.blocked()
        ended: list[str] = []

        async def read(name: str, handle: Handle) -> None:
            assert await text_of(handle) == answer(name)
            ended.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(read("сводка", batch))
            for name, priority in (("виджет", Priority.WIDGET), ("хозяин", Priority.OWNER), ("звонок", Priority.CALL)):
                group.create_task(read(name, runner.submit(ask(name, session=name, priority=priority))))
            await asyncio.sleep(0)
            engine.allow(None)
        assert ended == ["звонок", "хозяин", "виджет", "сводка"]
        assert engine.interrupted == 0, "one token is let finish"
        assert batch.usage.preemptions == 1
        assert batch.usage.evaluated_tokens == batch.usage.prompt_tokens + batch.usage.completion_tokens


async def test_a_caller_stops_a_long_prompt_of_a_batch_in_the_middle() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(1)
        batch = runner.submit(dialogue("сводка", session="b", priority=Priority.BATCH))
        await engine.blocked()
        call = runner.submit(ask("алло", session="c"))
        assert engine.interrupted == 1
        engine.allow(None)
        assert await text_of(call) == "АЛЛО"
        assert not batch.usage.completion_tokens
        assert await text_of(batch) == "СВОДКА"
        usage = batch.usage
        assert usage.evaluated_tokens == usage.prompt_tokens + usage.completion_tokens


async def test_an_answer_goes_before_somebody_elses_preparation_of_the_same_priority() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(1)
        other = runner.submit(prepare(SYSTEM, session="a"))
        await engine.blocked()
        call = runner.submit(ask("алло", session="c"))
        engine.allow(None)
        assert await text_of(call) == "АЛЛО"
        assert other.usage.total_s >= call.usage.total_s
        assert (await other.done()).evaluated_tokens == len(opening(SYSTEM))


async def test_a_sessions_own_preparation_is_finished_batch_by_batch_and_used() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(1)
        prefill = runner.submit(prepare(SYSTEM, session="c", partial="скаж"))
        await engine.blocked()
        call = runner.submit(dialogue("скажите", session="c"))
        assert engine.interrupted == 0
        engine.allow(None)
        assert await text_of(call) == "СКАЖИТЕ"
        assert prefill.finish_reason == "superseded"
        assert call.usage.cached_tokens == 64, "the batch that was under way is kept"
        assert engine.evaluated == call.usage.prompt_tokens + call.usage.completion_tokens


async def test_what_was_prefilled_is_not_evaluated_again() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        first = await runner.submit(prepare(SYSTEM, session="c", partial="скаж")).done()
        assert first.evaluated_tokens == len(opening(SYSTEM, "скаж"))
        again = await runner.submit(prepare(SYSTEM, session="c", partial="скаж")).done()
        assert (again.evaluated_tokens, again.cached_tokens) == (0, len(opening(SYSTEM, "скаж")))
        other = await runner.submit(prepare(SYSTEM, session="c", partial="сказка")).done()
        assert other.evaluated_tokens == len("зка")
        call = runner.submit(dialogue("сказки", session="c"))
        assert await text_of(call) == "СКАЗКИ"
        assert call.usage.cached_tokens == len(opening(SYSTEM, "сказк"))


async def test_the_next_turn_evaluates_only_what_is_new() -> None:
    async with running(FakeEngine()) as runner:
        first = runner.submit(dialogue("алло", session="c"))
        await text_of(first)
        second = runner.submit(dialogue("алло", "АЛЛО", "адрес", session="c"))
        assert await text_of(second) == "АДРЕС"
        # All of the first turn but the last token of its answer, which nobody needed to go on from.
        assert second.usage.cached_tokens >= first.usage.prompt_tokens + first.usage.completion_tokens - 1


async def test_a_new_call_starts_from_another_calls_prompt() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        await text_of(runner.submit(dialogue("алло", session="one")))
        await text_of(runner.submit(ask("о другом", session="two")))
        third = runner.submit(dialogue("адрес", session="three"))
        assert await text_of(third) == "АДРЕС"
        assert third.usage.cached_tokens >= len(opening(SYSTEM))


async def test_the_least_recently_used_session_is_forgotten() -> None:
    sessions = Sessions(max_sessions=2)
    async with running(FakeEngine(), sessions=sessions) as runner:
        for name in ("a", "b", "a", "c", "d"):
            # Systems that differ from the first letter on share nothing.
            await runner.submit(prepare(name * 50, session=name)).done()
        assert len(sessions) == 2
        cached = {}
        for name in ("d", "a", "c"):
            cached[name] = (await runner.submit(prepare(name * 50, session=name)).done()).cached_tokens
        assert cached["d"] == len(opening("d" * 50)), "still in the context"
        assert cached["a"] < 25 or cached["c"] < 25, "two are kept, not three"


async def test_a_released_session_is_forgotten_and_its_work_cancelled() -> None:
    engine, sessions = FakeEngine(), Sessions()
    async with running(engine, sessions=sessions) as runner:
        await runner.submit(prepare(SYSTEM, session="a")).done()
        await runner.submit(prepare("b" * 50, session="b")).done()
        assert "a" in sessions
        engine.allow(0)
        handle = runner.submit(dialogue("алло", session="a"))
        await engine.blocked()
        runner.release("a")
        assert await text_of(handle) == ""
        assert handle.finish_reason == "cancelled"
        assert "a" not in sessions
        assert runner.health.queue == 0


async def test_closing_a_handle_ends_its_evaluation_at_once() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(1)
        handle = runner.submit(dialogue("алло"))
        await engine.blocked()
        handle.close()
        done = len(engine.log)
        following = runner.submit(ask("да"))  # goes on although evaluations were blocked: the block was interrupted
        engine.allow(None)
        assert await text_of(following) == "ДА"
        assert engine.log[done][0] + engine.log[done][1] <= len(
            "<|im_start|>user\nда<|im_end|>\n<|im_start|>assistant\n"
        )
        assert await text_of(handle) == ""


async def test_more_than_the_queue_takes_is_refused() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(0)
        handles = [runner.submit(ask(str(number))) for number in range(MAX_JOBS)]
        with pytest.raises(QueueFull):
            runner.submit(ask("ещё"))
        handles[3].close()
        last = runner.submit(ask("ещё"))
        engine.allow(None)
        assert await text_of(last) == "ЕЩЁ"
        assert [await text_of(handle) for handle in handles[:3]] == ["0", "1", "2"]


async def test_a_reader_who_does_not_read_stops_only_himself() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        slow = runner.submit(ask("а" * 100))
        await anext(slow)
        assert await text_of(runner.submit(ask("да", priority=Priority.BATCH))) == "ДА"
        assert slow.usage.completion_tokens <= STREAM_AHEAD + 1
        assert await text_of(slow) == "А" * 99


async def test_a_paced_answer_costs_what_the_slow_machine_would_take() -> None:
    clock = FakeClock()
    paced = LlmSettings(Path("/nowhere"), Path("fake.gguf"), pace=Pace(30, 8))
    async with running(FakeEngine(), clock=clock, settings=paced) as runner:
        handle = runner.submit(dialogue("алло", session="c"))
        assert await text_of(handle) == "АЛЛО"
        usage = handle.usage
        assert sum(clock.waited) == pytest.approx(usage.prompt_tokens / 30 + usage.completion_tokens / 8)
        assert usage.first_token_s == pytest.approx(usage.prompt_tokens / 30)
        clock.waited.clear()
        again = runner.submit(dialogue("алло", session="c"))
        await text_of(again)
        assert again.usage.first_token_s == pytest.approx(1 / 30), "what is cached is free"
        assert runner.health.decode_tps == pytest.approx(8)


async def test_a_paced_prompt_is_interrupted_in_the_middle_of_its_wait() -> None:
    clock, engine = FakeClock(), FakeEngine()
    paced = LlmSettings(Path("/nowhere"), Path("fake.gguf"), pace=Pace(5, 3))
    async with running(engine, clock=clock, settings=paced) as runner:
        clock.stopped = asyncio.Event()
        batch = runner.submit(dialogue("сводка", session="b", priority=Priority.BATCH))
        await clock.stopped.wait()
        call = runner.submit(ask("алло", session="c"))
        clock.stopped = None
        assert await text_of(call) == "АЛЛО"
        assert call.usage.first_token_s == pytest.approx(call.usage.prompt_tokens / 5)
        assert await text_of(batch) == "СВОДКА"
        # The batch that was interrupted is lost; the call's prompt begins with the same mark, which is found again.
        shared = len("<|im_start|>")
        assert batch.usage.evaluated_tokens == batch.usage.prompt_tokens + batch.usage.completion_tokens - shared


async def test_old_turns_are_left_out_of_a_full_context_and_the_system_prompt_stays() -> None:
    engine = FakeEngine(FakeInfo(context=700))
    async with running(engine) as runner:
        said = [f"вопрос номер {number}" for number in range(13)]
        handle = runner.submit(dialogue(*said, max_tokens=50))
        assert await text_of(handle) == answer(said[-1])
        prompt = "".join(map(chr, handle.tokens))
        assert prompt.startswith(opening(SYSTEM, "вопрос номер 6"))
        assert len(prompt) <= 700


async def test_a_prompt_that_cannot_fit_is_refused_and_the_next_one_answered() -> None:
    async with running(FakeEngine(FakeInfo(context=100))) as runner:
        with pytest.raises(PromptTooLong):
            await runner.submit(dialogue("алло")).prepared()
        assert await text_of(runner.submit(ask("да", max_tokens=10))) == "ДА"


async def test_a_context_that_fills_up_ends_the_answer() -> None:
    async with running(FakeEngine(FakeInfo(context=120))) as runner:
        handle = runner.submit(ask("щ" * 60, max_tokens=100))
        with pytest.raises(PromptTooLong):
            await handle.prepared()
        handle = runner.submit(ask("щ" * 10, max_tokens=500))
        assert await text_of(handle) == "Щ" * 10


async def test_a_broken_engine_fails_one_answer_and_serves_the_next() -> None:
    async with running(FakeEngine(broken_after=2)) as runner:
        with pytest.raises(VoiceError, match="broke"):
            await text_of(runner.submit(dialogue("алло", session="c")))
        assert await text_of(runner.submit(dialogue("алло", session="c"))) == "АЛЛО"


async def test_a_memory_that_cannot_be_cut_only_costs_time() -> None:
    async with running(FakeEngine(can_truncate=False)) as runner:
        await runner.submit(prepare(SYSTEM, session="c", partial="сказка")).done()
        assert await text_of(runner.submit(dialogue("скажите", session="c"))) == "СКАЖИТЕ"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ModelFileError("truncated"), "truncated"),
        (ImportError("No module named 'llama_cpp'"), "No module named 'llama_cpp'"),
        (MemoryError(), "MemoryError"),
    ],
)
async def test_a_model_that_cannot_be_loaded_leaves_the_runner_up_with_the_reason(
    error: Exception, reason: str
) -> None:
    def load(_settings: object, _given_up: object) -> FakeEngine:
        raise error

    runner = ModelRunner(LlmSettings(Path("/nowhere"), Path("fake.gguf")), load=load)
    task = asyncio.create_task(runner.run())
    assert await runner.settled() is ModelState.FAILED
    assert runner.health.reason == reason
    with pytest.raises(ModelUnavailable, match=reason):
        runner.submit(ask("алло"))
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


async def test_no_model_at_all_is_a_reason_too() -> None:
    runner = ModelRunner(LlmSettings(Path("/nowhere"), trouble="qwen is not installed"))
    task = asyncio.create_task(runner.run())
    assert await runner.settled() is ModelState.ABSENT
    with pytest.raises(ModelUnavailable, match="qwen is not installed"):
        runner.submit(ask("алло"))
    task.cancel()
    await asyncio.wait({task})


async def test_loading_is_given_up_when_the_process_ends() -> None:
    loop, began = asyncio.get_running_loop(), asyncio.Event()
    engine = FakeEngine()

    def load(_settings: object, given_up: object) -> FakeEngine:
        loop.call_soon_threadsafe(began.set)
        while not given_up():  # type: ignore[operator]
            pass
        return engine

    runner = ModelRunner(LlmSettings(Path("/nowhere"), Path("fake.gguf")), load=load)
    task = asyncio.create_task(runner.run())
    await began.wait()
    with pytest.raises(ModelUnavailable, match="loading"):
        runner.submit(ask("алло"))
    task.cancel()
    await asyncio.wait({task})
    assert engine.closed


async def test_what_is_open_when_the_node_closes_ends_with_a_reason() -> None:
    engine = FakeEngine()
    async with running(engine) as runner:
        engine.allow(1)
        handles = [runner.submit(dialogue("алло")), runner.submit(prepare(SYSTEM, session="c"))]
        await engine.blocked()
    for handle in handles:
        with pytest.raises(ModelUnavailable, match="closing"):
            await handle.done()


STEP = st.tuples(
    st.sampled_from(["generate", "prefill", "cancel", "release", "read"]),
    st.sampled_from(list(Priority)),
    st.sampled_from(["", "a", "b", "c"]),
    st.text("абв", min_size=1, max_size=70),
    st.integers(0, 6),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=25), st.booleans())
def test_any_order_of_requests_gives_every_patient_asker_the_right_answer(
    steps: list[tuple[str, Priority, str, str, int]], can_truncate: bool
) -> None:
    async def play() -> None:
        engine = FakeEngine(can_truncate=can_truncate)
        async with running(engine, sessions=Sessions(max_sessions=2)) as runner:
            open_: list[tuple[str, Handle]] = []
            for what, priority, session, text, number in steps:
                if what == "generate" and len(open_) < MAX_JOBS:
                    request = dialogue(text, session=session, priority=priority)
                    open_.append((answer(text), runner.submit(request)))
                elif what == "prefill" and session:
                    request = Request((ChatMessage("system", text),), session, priority, Work.PREFILL, text[:3])
                    if runner.health.queue < MAX_JOBS:
                        runner.submit(request)
                elif what == "cancel" and open_:
                    open_.pop(number % len(open_))[1].close()
                elif what == "release" and session and not any(handle._job.request.session for _, handle in open_):
                    runner.release(session)
                elif what == "read":
                    for _ in range(number):
                        await asyncio.sleep(0)
            for expected, handle in open_:
                assert await text_of(handle) == expected
        assert runner.health.queue == 0
        assert runner.health.sessions <= 2

    asyncio.run(play())

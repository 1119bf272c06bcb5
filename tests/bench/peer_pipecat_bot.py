"""A phone secretary made of pipecat, on the box's own line and engines: the other side of `peer_pipecat`.

Runs in the peer's virtual environment (peer_requirements.txt). Pipecat owns turn-taking, context, aggregation and
interruption; recogniser, voice and model are the box's own processes over their sockets, the line is the box's. What a
maker of such a bot would write himself is written as pipecat's own services are: the recogniser like its streaming
services (interim transcripts, finalised when the VAD stops), the voice like PiperTTSService, the model through its
OpenAI service, sound pushed and written as its local transport does.

A JSON line an event goes to standard output: `ready`, and for every answer when each of its parts came.
"""

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx2
from loguru import logger
from openai import AsyncOpenAI
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_stop import (
    BaseUserTurnStopStrategy,
    SpeechTimeoutUserTurnStopStrategy,
    TurnAnalyzerUserTurnStopStrategy,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

from hw.audio.line import Line, Playback
from hw.modem.events import CallOver, CallUp, Fact, ModemUp, Ringing
from hw.modem.keeper import ModemKeeper, ModemSettings
from secretaryd.answer.ladder import Ladder
from secretaryd.answer.persona import Persona, persona_for
from secretaryd.answer.prompt import Exchange, Form
from secretaryd.answer.rung import MAX_TOKENS
from secretaryd.answer.words import Lemmas
from secretaryd.call.sound import ModemSound
from secretaryd.config.schema import Config
from voice.errors import SpeechUnavailable
from voice.events import Partial
from voice.ports import RATE
from voice.speakable.speaker import Speaker
from voice.speech.client import SpeechClient
from voice.speech.listening import SpeechStream

LANGUAGE: Final = "ru"
FACTS: Final = 256
FRAMES: Final = 250
"""Frames of 20 ms that may wait for the pipeline; the box's own line drops beyond as many."""
STT_P99_SECONDS: Final = 0.15
"""From the VAD's stop to the final transcript, measured here; only used where no finalised transcript comes."""


class Told:
    """JSON lines out, and the marks of the turn in progress."""

    def __init__(self) -> None:
        self._marks: dict[str, float] = {}
        self.heard = ""

    def say(self, what: str, **more: Any) -> None:
        print(json.dumps({"what": what, "at": round(time.monotonic(), 3), **more}, ensure_ascii=False), flush=True)

    def mark(self, name: str) -> None:
        """When something of this turn happened; the last time counts until the answer begins."""
        self._marks[name] = time.monotonic()

    def answer_began(self) -> None:
        """Milliseconds from the VAD's stop to each part, and how long the VAD had waited by then is not in them."""
        marks, self._marks = self._marks, {}
        if "asked" not in marks:
            return
        since = marks.get("vad_stop", marks["asked"])
        self.say("answer", heard=self.heard, **{name: round(1000 * (at - since)) for name, at in marks.items()})


class LineInput(BaseInputTransport):
    """What the caller says, from the box's line."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(FRAMES)
        self._pump: asyncio.Task[None] | None = None

    def hear(self, _index: int, frame: bytes) -> None:
        """Called by the line for each 20 ms."""
        with contextlib.suppress(asyncio.QueueFull):
            self._frames.put_nowait(frame)

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._pump = self.create_task(self._push(), "line_input")

    async def cleanup(self) -> None:
        if self._pump is not None:
            await self.cancel_task(self._pump)
            self._pump = None
        await super().cleanup()

    async def _push(self) -> None:
        while True:
            sound = await self._frames.get()
            await self.push_audio_frame(InputAudioRawFrame(audio=sound, sample_rate=RATE, num_channels=1))


class LineOutput(BaseOutputTransport):
    """What the bot says, onto the box's line: one chunk ahead of the one that is being played."""

    def __init__(self, params: TransportParams, told: Told) -> None:
        super().__init__(params)
        self._told = told
        self._ahead: Playback | None = None
        self.line: Line | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        if self.line is None:
            return False
        playback, before = self.line.play(frame.audio), self._ahead
        if before is None or before.finished:
            self._told.mark("on_the_line")
            self._told.answer_began()
        else:
            await before.wait()
        self._ahead = playback
        return True

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame) and self.line is not None:
            self.line.flush()


class BoxRecogniser(STTService):
    """Vosk in the speech process: partials as they come, the phrase finalised when the VAD says that it has ended."""

    def __init__(self, speech: SpeechClient, told: Told, stop_secs: float) -> None:
        super().__init__(
            sample_rate=RATE,
            ttfs_p99_latency=stop_secs + STT_P99_SECONDS,
            settings=STTSettings(model="vosk", language=Language.RU),
        )
        self._speech, self._told = speech, told
        self._stream: SpeechStream | None = None
        self._opened = contextlib.AsyncExitStack()
        self._reader: asyncio.Task[None] | None = None
        self._finals: asyncio.Queue[None] = asyncio.Queue()

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._reader = self.create_task(self._listen(), "box_recogniser")

    async def cleanup(self) -> None:
        if self._reader is not None:
            await self.cancel_task(self._reader)
            self._reader = None
        await super().cleanup()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        if self._stream is not None:
            self._stream.send(audio)
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self._told.mark("vad_stop")
            self.request_finalize()
            self._finals.put_nowait(None)

    async def _listen(self) -> None:
        async with self._speech.listen(language=LANGUAGE) as stream:
            self._stream = stream
            async with asyncio.TaskGroup() as group:
                group.create_task(self._interim(stream), name="box_recogniser.interim")
                group.create_task(self._final(stream), name="box_recogniser.final")

    async def _interim(self, stream: SpeechStream) -> None:
        async for heard in stream:
            if isinstance(heard, Partial) and heard.text:
                await self.push_frame(InterimTranscriptionFrame(heard.text, "", time_now_iso8601(), Language.RU))

    async def _final(self, stream: SpeechStream) -> None:
        while True:
            await self._finals.get()
            try:
                final = await stream.finish_phrase()
            except SpeechUnavailable as error:
                await self.push_error(str(error))
                continue
            self._told.mark("transcript")
            self.confirm_finalize()
            if final.text:
                await self.push_frame(TranscriptionFrame(final.text, "", time_now_iso8601(), Language.RU))


class BoxVoice(TTSService):
    """Piper in the speech process, a sentence at a time as pipecat hands them over."""

    def __init__(self, speech: SpeechClient, told: Told, speaker: Speaker) -> None:
        super().__init__(
            sample_rate=RATE,
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model="piper", voice="starter", language=Language.RU),
        )
        self._speech, self._told, self._speaker = speech, told, speaker

    def can_generate_metrics(self) -> bool:
        return False

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        self._told.mark("sentence")
        async for frame in self._stream_audio_frames_from_iterator(
            self._speech.say(self._speaker.speak(text), language=LANGUAGE), in_sample_rate=RATE, context_id=context_id
        ):
            if isinstance(frame, TTSAudioRawFrame):
                yield frame


class BoxModel(OpenAILLMService):
    """Pipecat's OpenAI service, over the model process's Unix socket."""

    def __init__(self, socket: Path, session: str) -> None:
        self._socket = socket
        body = {"session": session, "priority": "call", "allow_starter": True}
        super().__init__(
            api_key="none",
            base_url="http://llm/v1",
            settings=OpenAILLMService.Settings(model="starter", max_tokens=MAX_TOKENS, extra={"extra_body": body}),
        )

    def create_client(self, **_given: Any) -> AsyncOpenAI:
        transport = httpx2.AsyncHTTPTransport(uds=str(self._socket))
        return AsyncOpenAI(
            api_key="none", base_url="http://llm/v1", http_client=httpx2.AsyncClient(transport=transport)
        )


class BoxPrompt(FrameProcessor):
    """The context as the box's own prompt: the starter model knows one short form of it, with the facts that fit."""

    def __init__(self, ladder: Ladder, told: Told) -> None:
        super().__init__()
        self._ladder, self._told = ladder, told

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame) and direction is FrameDirection.DOWNSTREAM:
            self._told.mark("asked")
            heard, history = exchanges(frame.context.get_messages())
            self._told.heard = heard
            messages: list[Any] = [
                {"role": one.role, "content": one.content} for one in self._ladder.messages(heard, history)
            ]
            frame = LLMContextFrame(context=LLMContext(messages))
        await self.push_frame(frame, direction)


def exchanges(messages: Sequence[Any]) -> tuple[str, list[Exchange]]:
    """What the caller says now, and what was said before."""
    history: list[Exchange] = []
    heard: list[str] = []
    for message in messages:
        if message["role"] == "user":
            heard.append(str(message["content"]))
        elif message["role"] == "assistant" and heard:
            history.append(Exchange(" ".join(heard), str(message["content"])))
            heard = []
    return " ".join(heard), history


class Bot:
    """One call's pipeline."""

    def __init__(self, given: argparse.Namespace, persona: Persona, lemmas: Lemmas, told: Told, session: str) -> None:
        speech = SpeechClient(given.folder / "speech.sock")
        params = TransportParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_in_sample_rate=RATE,
            audio_out_sample_rate=RATE,
            audio_out_10ms_chunks=given.chunk // 10,
            audio_out_end_silence_secs=0,
        )
        vad = VADParams(stop_secs=given.stop_secs, start_secs=given.start_secs, min_volume=given.volume)
        ladder = Ladder(persona, (), lemmas, datetime.now, None, form=Form.FOCUSED)
        self.input, self.output = LineInput(params), LineOutput(params, told)
        context = LLMContext()
        user, assistant = LLMContextAggregatorPair(
            context,
            user_params=LLMUserAggregatorParams(
                vad_analyzer=SileroVADAnalyzer(params=vad),
                user_turn_strategies=UserTurnStrategies(stop=[stop_strategy(given)]),
            ),
        )
        pipeline = Pipeline(
            [
                self.input,
                BoxRecogniser(speech, told, given.stop_secs),
                user,
                BoxPrompt(ladder, told),
                BoxModel(given.folder / "llm.sock", session),
                BoxVoice(speech, told, Speaker(LANGUAGE, morph=lemmas.morph)),
                self.output,
                assistant,
            ]
        )
        self.worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
            enable_rtvi=False,
        )
        self._greeting = persona.greeting

    async def run(self, started: asyncio.Event) -> None:
        """Until the worker is cancelled."""

        @self.worker.event_handler("on_pipeline_started")
        async def on_started(_worker: Any, _frame: Any) -> None:
            started.set()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        await runner.run()

    async def greet(self) -> None:
        """The first words."""
        await self.worker.queue_frames([TTSSpeakFrame(self._greeting, append_to_context=False)])


def stop_strategy(given: argparse.Namespace) -> BaseUserTurnStopStrategy:
    """How the end of the caller's turn is judged: pipecat's default model, or silence for so long."""
    if given.turn == "smart":
        params = SmartTurnParams(stop_secs=given.wait)
        return TurnAnalyzerUserTurnStopStrategy(turn_analyzer=LocalSmartTurnAnalyzerV3(params=params))
    return SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=given.wait)


async def serve(given: argparse.Namespace) -> None:
    """Takes calls one after another until cancelled."""
    config, told, lemmas = Config(), Told(), Lemmas()
    persona = persona_for(config.box.name, config.box.company, config.call.greeting, LANGUAGE)
    facts: asyncio.Queue[Fact] = asyncio.Queue(FACTS)
    settings = ModemSettings(str(given.folder / "simulator/modem-at"), str(given.folder / "simulator/modem-pcm"))
    keeper = ModemKeeper(settings, facts.put_nowait)
    async with asyncio.TaskGroup() as group:
        group.create_task(keeper.run(), name="keeper")
        calls = 0
        while True:
            fact = await facts.get()
            if isinstance(fact, ModemUp):
                told.say("ready")
            elif isinstance(fact, Ringing):
                calls += 1
                bot = Bot(given, persona, lemmas, told, f"peer-{calls}")
                await take(bot, keeper, facts, told)


async def take(bot: Bot, keeper: ModemKeeper, facts: "asyncio.Queue[Fact]", told: Told) -> None:
    """One call, from the first ring to its end."""
    started = asyncio.Event()
    running = asyncio.create_task(bot.run(started), name="bot")
    line: Line | None = None
    sound = ModemSound(keeper)
    try:
        async with asyncio.timeout(30):
            await started.wait()
        await keeper.answer()
        while True:
            fact = await facts.get()
            if isinstance(fact, CallUp):
                device, how = await sound.open()
                line = Line(
                    device,
                    on_heard=bot.input.hear,
                    tap=None,
                    on_failed=lambda error: told.say("line_failed", error=str(error)),
                    loop=asyncio.get_running_loop(),
                )
                line.start()
                bot.output.line = line
                told.say("answered", sound=how)
                await bot.greet()
            elif isinstance(fact, CallOver):
                return
    finally:
        await bot.worker.cancel()
        await asyncio.wait({running}, timeout=30)
        if line is not None:
            bot.output.line = None
            counters = await line.stop()
            told.say("over", underruns=counters.underruns, missed=counters.missed_frames)
            await sound.close()


def logging_to(file: Path, level: str) -> Callable[[], None]:
    """Pipecat's own log."""
    logger.remove()
    number = logger.add(file, level=level)
    return lambda: logger.remove(number)


def arguments() -> argparse.ArgumentParser:
    """The bot's, which the bench gives too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where speech.sock, llm.sock and simulator/ lie")
    parser.add_argument("--turn", choices=("smart", "silence"), default="smart")
    parser.add_argument("--stop-secs", type=float, default=0.2, help="VADParams.stop_secs")
    parser.add_argument("--start-secs", type=float, default=0.2, help="VADParams.start_secs")
    parser.add_argument("--volume", type=float, default=0.6, help="VADParams.min_volume")
    parser.add_argument("--wait", type=float, default=3.0, help="silence after which the turn is over in any case")
    parser.add_argument("--chunk", type=int, default=20, help="milliseconds of sound written at a time")
    parser.add_argument("--log-level", default="INFO")
    return parser


def main() -> None:
    """Until SIGTERM or SIGINT."""
    given = arguments().parse_args()
    logging_to(given.folder / "pipecat.log", given.log_level)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given))


if __name__ == "__main__":
    main()

"""How fast this box hears, speaks, thinks and writes, with the engines that run on it, and what other chat models would
do here."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from secretaryd.config.schema import Config
from secretaryd.doctor.predict import Choice, Rates, percentile, predict, recommended
from secretaryd.nodes.openai import OpenAiNode
from secretaryd.nodes.ports import NodeSettings
from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage, Priority
from voice.models.catalogue import Kind, load
from voice.models.install import free_memory
from voice.ports import RATE
from voice.speech.client import SpeechClient, SpeechLimits

STEPS: Final = ("disk", "voice", "recogniser", "llm")
SAID: Final = {
    "ru": "Мы работаем ежедневно с девяти до двадцати, без перерыва на обед.",
    "en": "We are open every day from nine in the morning to eight in the evening.",
}
FRAME_BYTES: Final = RATE * 2 // 50
BYTES_A_SECOND: Final = RATE * 2
HEARD_SECONDS: Final = 4
"""Less than the recogniser's queue holds."""
SYNCS: Final = 64
BLOCK: Final = 4096
CHARS_A_TOKEN: Final = 3.0
"""Russian text in the tokenisers of today's small models, roughly."""
LONG_PROMPT: Final = 1200
"""Characters, about 400 tokens."""
MAX_TOKENS: Final = 48
PATIENT: Final = SpeechLimits(open=10.0, finish=30.0, first_sound=30.0, next_sound=30.0)
"""A slow box is to be measured too; in a call nobody would wait so long."""
FAILED: Final = {
    "ru": {
        "speech": ("Речевой процесс не отвечает: {}.", "secretaryctl doctor speech"),
        "disk": ("На диск не удалось записать: {}.", "secretaryctl doctor disk"),
    },
    "en": {
        "speech": ("The speech process does not answer: {}.", "secretaryctl doctor speech"),
        "disk": ("It could not be written to the disk: {}.", "secretaryctl doctor disk"),
    },
}
"""What is so ({} takes the reason) and what to do, by `BenchFailed.part`."""


class BenchFailed(Exception):
    """`part`: "speech" or "disk", what could not be measured."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.part = part


Step = Callable[[str], None]
"""Told what is measured next: one of STEPS."""


async def measure(folder: Path, config: Config, step: Step = lambda _: None) -> dict[str, Any]:
    """All of it, a minute at most: {"disk", "voice", "recogniser", "llm", "models", "recommended"}. `folder`: where the
    sockets of speech and llm lie. Raises BenchFailed."""
    language = config.box.language
    step("disk")
    answer: dict[str, Any] = {"disk": await asyncio.to_thread(disk, config.box.data_dir)}
    speech = SpeechClient(folder / "speech.sock", limits=PATIENT)
    try:
        step("voice")
        answer["voice"], sound = await speak(speech, language)
        step("recogniser")
        answer["recogniser"] = await hear(speech, language, sound)
    except VoiceError as error:
        raise BenchFailed("speech", str(error)) from error
    step("llm")
    answer["llm"] = await _thinking(folder / "llm.sock") if config.llm.model else None
    return answer | await asyncio.to_thread(advice, config, answer["llm"])


async def _thinking(socket: Path) -> dict[str, Any]:
    node = OpenAiNode(NodeSettings("local", f"unix:{socket}"))
    try:
        return await think(node)
    except VoiceError as error:
        return {"away": str(error)}
    finally:
        await node.aclose()


async def speak(client: SpeechClient, language: str) -> tuple[dict[str, float], bytes]:
    """A sentence twice (the first time warms up): seconds to the first sound, and of work for a second of sound."""
    made, first, began = b"", 0.0, 0.0
    for _ in range(2):
        made, first, began = b"", 0.0, time.monotonic()
        async with aclosing(client.say(SAID[language], language=language)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                first = first or time.monotonic() - began
                made += chunk
    seconds = len(made) / BYTES_A_SECOND
    return {"first_sound": first, "rtf": (time.monotonic() - began) / max(seconds, 0.1), "sound": seconds}, made


async def hear(client: SpeechClient, language: str, sound: bytes) -> dict[str, float]:
    """The same sentence as fast as it is taken: seconds of work for a second of sound."""
    sound = sound[: HEARD_SECONDS * BYTES_A_SECOND]
    began = time.monotonic()
    async with client.listen(language=language) as stream:
        for start in range(0, len(sound), FRAME_BYTES):
            stream.send(sound[start : start + FRAME_BYTES])
        await stream.finish_phrase()
    return {"rtf": (time.monotonic() - began) / max(len(sound) / BYTES_A_SECOND, 0.1)}


async def think(node: OpenAiNode) -> dict[str, Any]:
    """A long new prompt for reading, then what is written; tokens are counted by their usual length."""
    prompt = "".join(f"Вопрос {n}: сколько стоит доставка {n * 7} букетов? " for n in range(60))[:LONG_PROMPT]
    messages = [ChatMessage("system", f"Отвечай подробно. {time.monotonic_ns()}"), ChatMessage("user", prompt)]
    began, first, text = time.monotonic(), 0.0, ""
    deltas = node.stream(messages, session="bench", priority=Priority.BATCH, max_tokens=MAX_TOKENS, allow_starter=True)
    pieces = 0
    async with aclosing(deltas) as each:
        async for delta in each:
            first = first or time.monotonic() - began
            text += delta
            pieces += 1
    ended = time.monotonic() - began
    written = max(pieces - 1, 1)
    return {
        "first_token": first,
        "prefill": LONG_PROMPT / CHARS_A_TOKEN / max(first, 1e-3),
        "decode": written / max(ended - first, 1e-3),
        "tokens": pieces,
    }


def disk(folder: Path) -> dict[str, float]:
    """Milliseconds to write a block and have it on the disk."""
    times = []
    try:
        with tempfile.TemporaryFile(dir=folder if os.access(folder, os.W_OK) else None) as file:
            for _ in range(SYNCS):
                began = time.monotonic()
                file.write(os.urandom(BLOCK))
                file.flush()
                os.fsync(file.fileno())
                times.append((time.monotonic() - began) * 1000)
    except OSError as error:
        raise BenchFailed("disk", f"{folder}: {error.strerror}") from error
    return {"sync_p50_ms": percentile(times, 0.5), "sync_p95_ms": percentile(times, 0.95)}


def advice(config: Config, llm: dict[str, Any] | None) -> dict[str, Any]:
    """Nothing is foretold from the bundled toy: it is a thousand times smaller than what it would be scaled to."""
    entries = [entry for entry in load().entries.values() if entry.kind is Kind.LLM]
    size = _size_mb(config)
    if not llm or "away" in llm or size is None:
        return {"models": [], "recommended": None}
    free = free_memory() / 1e6 + size
    choices = [Choice(entry.name, entry.installed_mb, entry.memory_mb) for entry in entries]
    found = predict(Rates(size, llm["prefill"], llm["decode"]), choices, free)
    best = recommended(found)
    models = [{"name": each.name, "seconds": each.seconds, "decode": each.decode, "fits": each.fits} for each in found]
    return {"models": models, "recommended": best.name if best else None}


def _size_mb(config: Config) -> float | None:
    """Of the local model in use; None for the bundled one."""
    if (entry := load().entries.get(config.llm.model)) is not None:
        return float(entry.installed_mb)
    with contextlib.suppress(OSError):
        if "/" in config.llm.model:
            return Path(config.llm.model).stat().st_size / 1e6
    return None

"""secretaryctl bench: how fast this box hears, speaks, thinks and writes, with the engines that run on it."""

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.config.schema import Config
from secretaryd.control.client import ControlError
from secretaryd.control.protocol import Status
from secretaryd.doctor.predict import Choice, Rates, percentile, predict, recommended
from secretaryd.nodes.openai import OpenAiNode
from secretaryd.nodes.ports import NodeSettings
from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage, Priority
from voice.models.catalogue import Kind, load
from voice.models.install import free_memory
from voice.ports import RATE
from voice.speech.client import SpeechClient

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


def add(command: Command) -> None:
    """Adds the command."""
    bench = command("bench", "measures this box with its own engines, and says what each chat model would answer in")
    bench.set_defaults(run=measure)


def measure(context: Context, _: argparse.Namespace) -> int:
    """With the box running and no call in progress."""
    config = context.config
    try:
        status = context.door.ask(Status())
    except ControlError as error:
        raise CommandFailed(str(error), "is box and secretaryctl of one version?") from error
    if status["line"]["state"] != "idle" and status["modem"]["up"]:
        raise CommandFailed("a call is in progress", "try again when it is over", code=1)
    folder = context.door.socket.parent
    answer: dict[str, Any] = {"disk": disk(config.box.data_dir)}
    answer |= asyncio.run(_engines(folder, config))
    answer |= _advice(config, answer["llm"])

    return context.answer(answer, lambda plain: _show(context, plain))


async def _engines(folder: Path, config: Config) -> dict[str, Any]:
    language = config.box.language
    try:
        voice, sound = await speak(SpeechClient(folder / "speech.sock"), language)
        heard = await hear(SpeechClient(folder / "speech.sock"), language, sound)
    except VoiceError as error:
        raise CommandFailed(f"the speech process does not answer: {error}", "secretaryctl doctor speech") from error
    node = OpenAiNode(NodeSettings("local", f"unix:{folder / 'llm.sock'}"))
    try:
        llm = await think(node) if config.llm.model else None
    except VoiceError as error:
        llm = {"away": str(error)}
    finally:
        await node.aclose()
    return {"voice": voice, "recogniser": heard, "llm": llm}


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
        raise CommandFailed(f"{folder}: {error.strerror}", "secretaryctl doctor disk") from error
    return {"sync_p50_ms": percentile(times, 0.5), "sync_p95_ms": percentile(times, 0.95)}


def _advice(config: Config, llm: dict[str, Any] | None) -> dict[str, Any]:
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


def _show(context: Context, plain: dict[str, Any]) -> None:
    out = context.console
    voice, heard, llm, synced = plain["voice"], plain["recogniser"], plain["llm"], plain["disk"]
    out.print(
        f"voice:       first sound after {voice['first_sound']:.2f} s, {voice['rtf']:.2f} s for a second of sound"
    )
    out.print(f"recogniser:  {heard['rtf']:.2f} s for a second of sound")
    if llm is None:
        out.print("chat model:  none is configured")
    elif "away" in llm:
        out.print(f"chat model:  [red]away[/]  {safe(llm['away'])}")
    else:
        out.print(f"chat model:  reads {llm['prefill']:.0f}, writes {llm['decode']:.1f} tokens/s")
    out.print(f"disk:        a block is safe after {synced['sync_p50_ms']:.1f} ms (p95 {synced['sync_p95_ms']:.1f})")
    for each in plain["models"]:
        fits = "" if each["fits"] else "  [red]does not fit into memory[/]"
        out.print(
            f"  {safe(each['name'])}: first sentence in about {each['seconds']:.1f} s (estimate){fits}", highlight=False
        )
    if plain["recommended"]:
        out.print(f"recommended: [green]{safe(plain['recommended'])}[/]")
    elif plain["models"]:
        out.print("recommended: none of them answers in time; FAQ and facts do")
    else:
        out.print(
            "Other models cannot be foretold from the bundled one: secretaryctl models install ru-small, then again"
        )

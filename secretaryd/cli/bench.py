"""secretaryctl bench: how fast this box hears, speaks, thinks and writes, with the engines that run on it."""

import argparse
import asyncio
from typing import Any

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.client import ControlError
from secretaryd.control.protocol import Status
from secretaryd.doctor.bench import FAILED, BenchFailed
from secretaryd.doctor.bench import measure as measured
from secretaryd.reasons import in_language


def add(command: Command) -> None:
    """Adds the command."""
    bench = command("bench", "measures this box with its own engines, and says what each chat model would answer in")
    bench.set_defaults(run=measure)


def measure(context: Context, _: argparse.Namespace) -> int:
    """With the box running and no call in progress."""
    try:
        status = context.door.ask(Status())
    except ControlError as error:
        raise CommandFailed(str(error), "is box and secretaryctl of one version?") from error
    if status["line"]["state"] != "idle" and status["modem"]["up"]:
        raise CommandFailed("a call is in progress", "try again when it is over", code=1)
    try:
        answer = asyncio.run(measured(context.door.socket.parent, context.config))
    except BenchFailed as error:
        language = context.config.box.language
        text, remedy = FAILED[language][error.part]
        raise CommandFailed(text.format(in_language(error, language)), remedy) from error
    return context.answer(answer, lambda plain: _show(context, plain))


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
        out.print(f"chat model:  [red]away[/]  {safe(in_language(llm['away'], context.config.box.language))}")
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

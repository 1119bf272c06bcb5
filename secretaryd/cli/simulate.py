"""secretaryctl simulate: rings the simulated modem. Talks to the simulator alone; core does not know of it."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from rich.table import Table

from hw.simulator.client import SimulatorClient, SimulatorError, SimulatorGone
from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.cli.watch import watch_call

T = TypeVar("T")


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("simulate", "the simulated modem: calls and faults").add_subparsers(required=True, metavar="ACTION")
    call = command("call", "let a simulated caller ring, and show the call", group)
    call.add_argument("--scenario", default="opening_hours", help="see `simulate scenarios`")
    call.add_argument("--wav", type=Path, help="play this recording instead of a scenario")
    call.add_argument("--number", help="caller's number")
    call.add_argument("--no-watch", action="store_true", help="ring and return at once")
    call.set_defaults(run=ring)
    called = command("callee", "who takes the calls that the box makes; nobody without a name", group)
    called.add_argument("scenario", nargs="?", help="see `simulate scenarios`")
    called.set_defaults(run=be_called)
    sms = command("sms", "somebody writes to the box", group)
    sms.add_argument("text")
    sms.add_argument("--number", default="+79161234567", help="the sender's number, or a name")
    sms.add_argument("--flash", action="store_true", help="message class 0")
    sms.set_defaults(run=write)
    command("scenarios", "the bundled calls", group).set_defaults(run=scenarios)
    command("hangup", "the caller hangs up", group).set_defaults(run=hang_up)
    digits = command("digits", "the caller presses keys", group)
    digits.add_argument("digits")
    digits.set_defaults(run=press)
    faults = command("fault", "faults of modem and network: none lists those that are on", group)
    faults.add_argument("set", nargs="?", metavar="NAME", help="a fault to switch on")
    faults.add_argument("options", nargs="*", metavar="KEY=VALUE")
    faults.add_argument("--clear", metavar="NAME", help='a fault to switch off, or "all"')
    faults.set_defaults(run=fault)


def asked(context: Context, request: Callable[[SimulatorClient], Awaitable[T]]) -> T:
    """Asks the simulator beside the box. Raises CommandFailed."""
    path = context.door.simulator
    try:
        return asyncio.run(_ask(request, path))
    except SimulatorGone as error:
        raise CommandFailed(f"no simulated modem at {path}", "make run SIMULATE=1") from error
    except SimulatorError as error:
        raise CommandFailed(words_of(error, context.config.box.language), code=1) from error


def words_of(error: SimulatorError, language: str) -> str:
    """The simulator's complaint in that language, with everything that is wrong."""
    text = error.en if language == "en" else error.ru
    return "\n  ".join([text, *(problem for problem in error.problems if problem not in text)])


async def _ask(request: Callable[[SimulatorClient], Awaitable[T]], path: Path) -> T:
    return await request(SimulatorClient(path))


def ring(context: Context, options: argparse.Namespace) -> int:
    """Rings; by default follows the call to its end."""

    async def call(client: SimulatorClient) -> str:
        if options.wav is not None:
            return await client.call(wav=options.wav, number=options.number)
        return await client.call(options.scenario, number=options.number)

    if options.no_watch or context.as_json:
        called = asked(context, call)
        return context.answer({"call": called}, lambda _: context.console.print(f"ringing ({called})"))
    return watch_call(context, lambda: asked(context, call))


def be_called(context: Context, options: argparse.Namespace) -> int:
    """Somebody, or nobody, waits for a call of the box."""
    asked(context, lambda client: client.callee(options.scenario))
    return context.answer({"callee": options.scenario}, lambda _: None)


def write(context: Context, options: argparse.Namespace) -> int:
    """A message for the box."""
    number = asked(context, lambda client: client.sms(options.text, number=options.number, flash=options.flash))
    return context.answer({"sms": number}, lambda _: context.console.print(f"sent ({number})"))


def scenarios(context: Context, _: argparse.Namespace) -> int:
    """The bundled calls."""

    async def get(client: SimulatorClient) -> list[dict[str, Any]]:
        return await client.scenarios()

    def show(found: list[dict[str, Any]]) -> None:
        table = Table("name", "ru", "en", box=None, padding=(0, 2, 0, 0))
        for scenario in found:
            table.add_row(scenario["name"], safe(scenario["title"]["ru"]), safe(scenario["title"]["en"]))
        context.console.print(table)

    return context.answer(asked(context, get), show)


def hang_up(context: Context, _: argparse.Namespace) -> int:
    """The caller hangs up."""
    asked(context, lambda client: client.hang_up())
    return 0


def press(context: Context, options: argparse.Namespace) -> int:
    """The caller presses keys."""
    asked(context, lambda client: client.digits(options.digits))
    return 0


def fault(context: Context, options: argparse.Namespace) -> int:
    """Switches a fault on or off, or lists them."""
    arguments = dict(_pair(text) for text in options.options)

    async def switch(client: SimulatorClient) -> dict[str, Any]:
        return await client.faults(options.set, clear=options.clear, **arguments)

    def show(on: dict[str, Any]) -> None:
        for name, values in on.items():
            context.console.print(f"{name} {safe(str(values))}", highlight=False)
        if not on:
            context.console.print("no faults are on")

    return context.answer(asked(context, switch), show)


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise CommandFailed(f"{text!r}: KEY=VALUE is wanted", code=2)
    for kind in (int, float):
        try:
            return key, kind(value)
        except ValueError:
            continue
    return key, {"true": True, "false": False}.get(value, value)

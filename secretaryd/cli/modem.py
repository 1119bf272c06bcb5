"""secretaryctl modem: the owner's real modem, recorded for a test."""

import argparse
import asyncio
from pathlib import Path

from hw.errors import ModemError
from hw.modem.capture import DEFAULT_SECONDS, capture
from hw.modem.events import Fact
from secretaryd.cli import acceptance
from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.reasons import sentence_in


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("modem", "the modem itself").add_subparsers(required=True, metavar="ACTION")
    record = command("capture", "record everything a real modem says into a file that the tests can replay", group)
    record.add_argument("port", type=Path, help="its AT port, such as /dev/ttyUSB2; the box must be stopped")
    record.add_argument("file", type=Path)
    record.add_argument("--seconds", type=float, default=DEFAULT_SECONDS)
    record.add_argument("--unmasked", action="store_true", help="keep all digits of telephone numbers")
    record.set_defaults(run=capture_modem)
    acceptance.add(command, group)


def capture_modem(context: Context, options: argparse.Namespace) -> int:
    """Shows every fact while it records."""

    def show(fact: Fact) -> None:
        if not context.as_json:
            context.console.print(safe(str(fact)), highlight=False)

    try:
        asyncio.run(
            capture(options.port, options.file, seconds=options.seconds, mask=not options.unmasked, on_fact=show)
        )
    except FileExistsError as error:
        raise CommandFailed(f"{options.file} is there already", "give another name", code=2) from error
    except (ModemError, OSError) as error:
        told = sentence_in(error, context.config.box.language)
        raise CommandFailed(told, "stop the box first: sudo systemctl stop secretaryd") from error
    return context.answer(
        {"file": str(options.file)}, lambda _: context.console.print(f"recorded: {safe(str(options.file))}")
    )

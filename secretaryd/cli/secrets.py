"""secretaryctl secrets: PIN, keys and tokens. A value comes from a prompt or a pipe, never from the command line, where
the list of processes and the shell's history would show it."""

import argparse
import getpass
import sys
from typing import Any, Final

from rich.table import Table

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.secrets import ListSecrets, RemoveSecret, RotateSecrets, SetSecret

MAX_READ: Final = 64 * 1024


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("secrets", "the SIM's PIN, keys, tokens: encrypted at rest").add_subparsers(
        required=True, metavar="ACTION"
    )
    command("list", "their names", group).set_defaults(run=list_secrets)
    setting = command("set", "keep one; asks for the value, or reads it from a pipe", group)
    setting.add_argument("name", metavar="NAME")
    setting.set_defaults(run=set_secret)
    removing = command("remove", "forget one", group)
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=remove)
    command("rotate", "seal all of them with a new key", group).set_defaults(run=rotate)


def list_secrets(context: Context, _: argparse.Namespace) -> int:
    """Names, never values."""

    def show(answer: dict[str, Any]) -> None:
        table = Table("name", "set", "")
        for each in answer["secrets"]:
            table.add_row(
                safe(each["name"]), local_time(each["changed"]), "" if each["readable"] else "[red]key lost[/]"
            )
        context.console.print(table if answer["secrets"] else "none")

    return context.answer(context.door.ask(ListSecrets()), show)


def set_secret(context: Context, options: argparse.Namespace) -> int:
    """Keeps one."""
    value = _value(options.name)
    answer = context.door.ask(SetSecret(name=options.name, value=value))
    return context.answer(answer, lambda _: context.console.print("kept"))


def remove(context: Context, options: argparse.Namespace) -> int:
    """Forgets one."""
    answer = context.door.ask(RemoveSecret(name=options.name))
    return context.answer(answer, lambda _: context.console.print("removed"))


def rotate(context: Context, _: argparse.Namespace) -> int:
    """A new key for all."""
    answer = context.door.ask(RotateSecrets())
    return context.answer(answer, lambda done: context.console.print(f"{done['sealed']} sealed anew"))


def _value(name: str) -> str:
    """From a prompt that echoes nothing, or from a pipe (without its last line break)."""
    if sys.stdin.isatty():
        value = getpass.getpass(f"{name}: ")
    else:
        try:
            value = sys.stdin.read(MAX_READ).removesuffix("\n")
        except UnicodeDecodeError as error:
            raise CommandFailed("the value is not text", "give it as UTF-8", 2) from error
    if not value:
        raise CommandFailed("no value was given", f"secretaryctl secrets set {name} < file", 2)
    return value

"""secretaryctl call: the owner's hand in the conversation that is going on."""

import argparse

from secretaryd.cli.context import Command, Context
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("call", "the conversation that is going on").add_subparsers(required=True, metavar="ACTION")
    saying = command("say", "the secretary says these words as soon as nobody speaks", group)
    saying.add_argument("text", nargs="+")
    saying.set_defaults(run=say)
    command("message", "the secretary asks the caller for a message", group).set_defaults(run=take_message)


def say(context: Context, options: argparse.Namespace) -> int:
    """It is said next."""
    answer = context.door.ask(SayNow(text=" ".join(options.text)))
    return context.answer(answer, lambda _: context.console.print("it will be said next"))


def take_message(context: Context, _: argparse.Namespace) -> int:
    """The caller is asked for it next."""
    answer = context.door.ask(TakeMessageNow())
    return context.answer(answer, lambda _: context.console.print("a message will be asked for"))

"""secretaryctl dial, tasks: calls that the box makes, and call-backs that were asked for."""

import argparse
from typing import Any, Final

from rich.table import Table

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.live import shown_number
from secretaryd.cli.text import safe
from secretaryd.cli.watch import watch_call
from secretaryd.control.protocol import CloseTask, DialNumber, DialTask, DialUsed, ListTasks
from secretaryd.control.protocol.dial import PressKeys

STATES: Final = {"open": "yellow", "dialling": "cyan", "done": "green", "failed": "red", "dropped": "dim"}


def add(command: Command) -> None:
    """Adds the commands."""
    dialling = command("dial", "call a number, and show the call; without one: what was dialled today")
    dialling.add_argument("number", nargs="?", metavar="NUMBER")
    dialling.add_argument("--say", default="", metavar="TEXT", help="what the secretary says there")
    dialling.add_argument("--no-watch", action="store_true", help="dial and return at once")
    dialling.set_defaults(run=dial)
    keys = command("keys", "press keys for the far side of the call that is up")
    keys.add_argument("keys", metavar="KEYS", help="0-9 * # A-D")
    keys.set_defaults(run=press)
    group = command("tasks", "call-backs that callers asked for").add_subparsers(required=True, metavar="ACTION")
    listing = command("list", "those that are open", group)
    listing.add_argument("-n", "--limit", type=int, default=20)
    listing.add_argument("--before", type=int, metavar="ID", help="tasks older than this one")
    listing.add_argument("--all", action="store_true", help="also those that are done with")
    listing.set_defaults(run=list_tasks)
    calling = command("dial", "call back now, and show the call", group)
    calling.add_argument("id", type=int)
    calling.add_argument("--no-watch", action="store_true", help="dial and return at once")
    calling.set_defaults(run=dial_task)
    for word, about in (("done", "it is dealt with"), ("drop", "it is not wanted"), ("open", "it is wanted again")):
        closing = command(word, about, group)
        closing.add_argument("id", type=int)
        closing.set_defaults(run=close_task, state={"drop": "dropped"}.get(word, word))


def dial(context: Context, options: argparse.Namespace) -> int:
    """Calls; by default follows the call to its end."""
    if options.number is None:
        return context.answer(context.door.ask(DialUsed()), lambda plain: _show_usage(context, plain["usage"]))
    request = DialNumber(number=options.number, say=options.say)
    if options.no_watch or context.as_json:
        return context.answer(
            context.door.ask(request), lambda plain: context.console.print(f"dialling {safe(plain['number'])}")
        )
    return watch_call(context, lambda: context.door.ask(request))


def press(context: Context, options: argparse.Namespace) -> int:
    """Tones go out."""
    answer = context.door.ask(PressKeys(keys=options.keys))
    return context.answer(answer, lambda _: context.console.print("pressed"))


def dial_task(context: Context, options: argparse.Namespace) -> int:
    """Calls back."""
    request = DialTask(id=options.id)
    if options.no_watch or context.as_json:
        return context.answer(
            context.door.ask(request), lambda plain: context.console.print(f"dialling {safe(plain['task']['number'])}")
        )
    return watch_call(context, lambda: context.door.ask(request))


def list_tasks(context: Context, options: argparse.Namespace) -> int:
    """A table of tasks."""
    answer = context.door.ask(ListTasks(limit=options.limit, before=options.before, all=options.all))

    def show(plain: dict[str, Any]) -> None:
        if not plain["tasks"]:
            context.console.print("Nobody waits for a call.")
            return
        table = Table("id", "asked", "number", "state", "tries", "result", "wish", box=None, padding=(0, 2, 0, 0))
        for task in plain["tasks"]:
            table.add_row(
                str(task["id"]),
                local_time(task["made"]),
                safe(shown_number(task["number"])),
                f"[{STATES.get(task['state'], 'white')}]{safe(task['state'])}[/]",
                str(task["attempts"]),
                safe(task["result"]),
                safe(task["wish"]),
            )
        context.console.print(table)

    return context.answer(answer, show)


def close_task(context: Context, options: argparse.Namespace) -> int:
    """The owner's word on a task."""
    answer = context.door.ask(CloseTask(id=options.id, state=options.state))
    return context.answer(answer, lambda plain: context.console.print(safe(plain["task"]["state"])))


def _show_usage(context: Context, usage: dict[str, Any]) -> None:
    console = context.console
    if not usage["enabled"]:
        console.print("Outgoing calls are switched off (dial.enabled).")
    console.print(f"calls today    {usage['calls']} of {usage['calls_a_day']}", highlight=False)
    minutes = usage["seconds"] / 60
    console.print(f"minutes today  {minutes:.1f} of {usage['minutes_a_day']}", highlight=False)

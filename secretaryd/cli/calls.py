"""secretaryctl calls, messages: what was kept."""

import argparse
import time
from typing import Any, Final

from rich.table import Table

from secretaryd.cli import archive, recordings
from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.live import latency_parts, shown_number
from secretaryd.cli.text import safe
from secretaryd.control.protocol import CountCalls, HandleMessage, ListCalls, ListMessages, ShowCall
from secretaryd.reasons import in_language

DAY_SECONDS: Final = 86_400
OUTCOMES: Final = {
    "answered": "green",
    "message": "cyan",
    "missed": "yellow",
    "failed": "red",
    "blocked": "dim",
    "busy": "yellow",
    "no_answer": "yellow",
}


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("calls", "calls that were kept").add_subparsers(required=True, metavar="ACTION")
    listing = command("list", "the newest calls", group)
    listing.add_argument("-n", "--limit", type=int, default=20)
    listing.add_argument("--before", type=int, metavar="ID", help="calls older than this one")
    listing.add_argument("--outcome", default="", choices=["", *OUTCOMES], metavar="OUTCOME", help=", ".join(OUTCOMES))
    listing.set_defaults(run=list_calls)
    showing = command("show", "one call: transcript, answers, times, recording", group)
    showing.add_argument("id", type=int)
    showing.set_defaults(run=show_call)
    counting = command("count", "how many calls and messages there were", group)
    counting.add_argument("--days", type=float, default=1.0, help="of the last so many days (1)")
    counting.set_defaults(run=count_calls)
    archive.add_to(command, group)
    recordings.add_to(command, group)
    messages = command("messages", "messages that callers left")
    messages.add_argument("-n", "--limit", type=int, default=20)
    messages.add_argument("--open", action="store_true", help="only those that you have not dealt with")
    marking = messages.add_mutually_exclusive_group()
    marking.add_argument("--done", type=int, metavar="ID", help="you have dealt with this one")
    marking.add_argument("--reopen", type=int, metavar="ID", help="you have not, after all")
    messages.set_defaults(run=messages_left)


def list_calls(context: Context, options: argparse.Namespace) -> int:
    """A table of calls."""
    answer = context.door.ask(ListCalls(limit=options.limit, before=options.before, outcome=options.outcome))

    def show(plain: dict[str, Any]) -> None:
        if not plain["calls"]:
            context.console.print("No calls yet. Ring the simulated modem: secretaryctl simulate call")
            return
        table = Table("id", "when", "who", "outcome", "s", "summary", box=None, padding=(0, 2, 0, 0))
        for call in plain["calls"]:
            colour = OUTCOMES.get(call["outcome"], "white")
            talked = call["ended"] - call["answered"] if call["ended"] and call["answered"] else 0.0
            table.add_row(
                str(call["id"]),
                local_time(call["began"]),
                safe(call["name"] or shown_number(call["number"]) or call["presentation"]),
                f"[{colour}]{call['outcome'] or 'in progress'}[/]",
                f"{talked:.0f}",
                safe(call["summary"]),
            )
        context.console.print(table)

    return context.answer(answer, show)


def show_call(context: Context, options: argparse.Namespace) -> int:
    """One call in full."""
    answer = context.door.ask(ShowCall(id=options.id))

    def show(plain: dict[str, Any]) -> None:
        call, console = plain["call"], context.console
        who = " ".join(filter(None, (call["name"], shown_number(call["number"]) or call["presentation"])))
        console.print(f"[bold]{call['id']}[/]  {safe(who)}  {local_time(call['began'])}  {call['outcome']}")
        console.print(safe(call["summary"]), highlight=False)
        second = call["second"] or {"state": "", "lines": []}
        again = {line["turn"]: line for line in second["lines"] if line["turn"] is not None}
        for place, turn in enumerate(call["turns"]):
            _show_turn(context, turn)
            _show_again(context, again.get(place), turn["text"])
        _show_second(context, second)
        if call["note"] or call["tags"]:
            console.print(
                safe("  ".join(filter(None, (call["note"], *(f"#{tag}" for tag in call["tags"]))))), highlight=False
            )
        for message in plain["messages"]:
            fields = [part for part in (message["name"], shown_number(message["number"]), message["matter"]) if part]
            console.print(f"[cyan]✉[/] {safe(', '.join(fields))}", highlight=False)
        if "recording_path" in call:
            console.print(safe(call["recording_path"]), highlight=False, soft_wrap=True)

    return context.answer(answer, show)


def _show_turn(context: Context, turn: dict[str, Any]) -> None:
    ours = turn["who"] == "secretary"
    colour = "magenta" if ours else "cyan"
    source = f" [dim]\\[{turn['source']}{' ' + safe(turn['detail']) if turn['detail'] else ''}][/]" if ours else ""
    cut = " [yellow]—[/]" if turn["interrupted"] else ""
    text = f"[dim]{turn['start']:6.1f}[/] [{colour}]{'▶' if ours else '◀'}[/] {safe(turn['text'])}{cut}{source}"
    context.console.print(text, highlight=False)
    if latency := turn.get("latency"):
        parts = [f"{name} {milliseconds:.0f}" for name, milliseconds in latency_parts(latency)]
        total = (latency.get("total") or 0) / 1000
        context.console.print(f"         [dim]{total:.2f} s = {' + '.join(parts)} ms[/]", highlight=False)


def _show_again(context: Context, line: dict[str, Any] | None, first: str) -> None:
    """What the second recogniser heard in the place of that turn, where it is something else."""
    if line is not None and line["text"] != first:
        context.console.print(f"         [dim]◁[/] [italic]{safe(line['text'])}[/]", highlight=False)


def _show_second(context: Context, second: dict[str, Any]) -> None:
    """What only the second recogniser heard, and how that stands."""
    for line in second["lines"]:
        if line["turn"] is None:
            text = f"[dim]{line['start']:6.1f}[/] ◁ [italic]{safe(line['text'])}[/]"
            context.console.print(text, highlight=False)
    state = second["state"]
    if state == "done":
        context.console.print(f"[dim]◁ heard again by {safe(second['model'])}[/]", highlight=False)
    elif state:
        why = in_language(second["reason"], context.config.box.language)
        reason = f": {safe(why)}" if why else ""
        context.console.print(f"[dim]second transcription: {safe(state)}{reason}[/]", highlight=False)


def count_calls(context: Context, options: argparse.Namespace) -> int:
    """Counts of the last days."""
    answer = context.door.ask(CountCalls(since=time.time() - options.days * DAY_SECONDS))

    def show(plain: dict[str, Any]) -> None:
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name, count in plain["counts"].items():
            table.add_row(safe(name), str(count))
        context.console.print(table)

    return context.answer(answer, show)


def messages_left(context: Context, options: argparse.Namespace) -> int:
    """A table of messages, or one of them marked."""
    marked = options.done if options.done is not None else options.reopen
    if marked is None:
        return list_messages(context, options)
    answer = context.door.ask(HandleMessage(id=marked, handled=options.done is not None))
    words = "dealt with" if options.done is not None else "open again"
    return context.answer(answer, lambda plain: context.console.print(f"{plain['message']['id']}: {words}"))


def list_messages(context: Context, options: argparse.Namespace) -> int:
    """A table of messages."""

    def show(plain: dict[str, Any]) -> None:
        if not plain["messages"]:
            context.console.print("No messages.")
            return
        table = Table("", "id", "when", "name", "number", "matter", "call", box=None, padding=(0, 2, 0, 0))
        for message in plain["messages"]:
            table.add_row(
                " " if message["handled"] else "[cyan]●[/]",
                str(message["id"]),
                local_time(message["taken"]),
                safe(message["name"]),
                safe(shown_number(message["number"])),
                safe(message["matter"]),
                str(message["call_id"]),
            )
        context.console.print(table)

    handled = False if options.open else None
    return context.answer(context.door.ask(ListMessages(limit=options.limit, handled=handled)), show)

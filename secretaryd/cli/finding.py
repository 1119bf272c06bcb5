"""What the searches of calls and of messages have in common: their options, and how hits are shown."""

import argparse
from collections.abc import Callable
from typing import Any

from secretaryd.cli.context import Command, Context
from secretaryd.cli.dates import add_span
from secretaryd.cli.text import safe


def add_search(command: Command, group: Any, things: str, number: str) -> argparse.ArgumentParser:
    """The command `search` of a group; `things` as people call them, `number` explains that option."""
    searching = command("search", f"finds {things} by words, number and date", group)
    searching.add_argument("text", nargs="*", help='words in any form, "side by side", begin*; without: -word after --')
    searching.add_argument("--number", default="", help=number)
    searching.add_argument("--before", type=int, metavar="ID", help=f"{things} older than this one")
    searching.add_argument("-n", "--limit", type=int, default=20)
    add_span(searching)
    return searching


def asked(options: argparse.Namespace) -> dict[str, Any]:
    """What every search asks for."""
    return {
        "text": " ".join(options.text),
        "number": options.number,
        "since": options.since,
        "until": options.until,
        "limit": options.limit,
        "before": options.before,
    }


def show_hits(
    context: Context, answer: dict[str, Any], things: str, kind: str, show: Callable[[dict[str, Any]], None]
) -> None:
    """A page of them; `kind` is the key of a hit's own row."""
    for hit in answer["hits"]:
        show(hit)
    if not answer["hits"]:
        context.console.print("Nothing found.")
    elif answer["more"]:
        context.console.print(f"… older ones with --before {answer['hits'][-1][kind]['id']}", highlight=False)
    if answer["waiting"]:
        context.console.print(f"({answer['waiting']} {things} are not in the index yet)", highlight=False)


def marked(text: str, marks: list[list[int]]) -> str:
    """A snippet as console markup."""
    parts, end = [], 0
    for first, last in marks:
        parts += [safe(text[end:first]), f"[bold yellow]{safe(text[first:last])}[/]"]
        end = last
    return "".join([*parts, safe(text[end:])])

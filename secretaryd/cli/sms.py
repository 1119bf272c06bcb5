"""secretaryctl sms: short messages that came and went."""

import argparse
from typing import Any, Final

from rich.table import Table

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.finding import add_search, asked, marked, show_hits
from secretaryd.cli.live import shown_number
from secretaryd.cli.text import safe
from secretaryd.control.protocol.sms import CancelSms, ListSms, ListThreads, SearchSms, SendSms, ShowSms

STATES: Final = {
    "received": "green",
    "incomplete": "yellow",
    "unreadable": "red",
    "queued": "cyan",
    "sending": "cyan",
    "sent": "white",
    "delivered": "green",
    "failed": "red",
    "cancelled": "dim",
}


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("sms", "short messages").add_subparsers(required=True, metavar="ACTION")
    listing = command("list", "the newest messages", group)
    listing.add_argument("-n", "--limit", type=int, default=20)
    listing.add_argument("--before", type=int, metavar="ID", help="messages older than this one")
    listing.add_argument("--number", default="", help="only those with this number")
    listing.add_argument("--direction", default="", choices=["", "in", "out"], metavar="WAY", help="in or out")
    listing.set_defaults(run=list_sms)
    threads = command("threads", "by number, the newest first", group)
    threads.add_argument("-n", "--limit", type=int, default=20)
    threads.set_defaults(run=list_threads)
    showing = command("show", "one message in full, with its parts", group)
    showing.add_argument("id", type=int)
    showing.set_defaults(run=show_sms)
    searching = add_search(command, group, "messages", "in any form, its last digits, or a sender's name")
    searching.add_argument("--direction", default="", choices=["", "in", "out"], metavar="WAY", help="in or out")
    searching.set_defaults(run=search_sms)
    sending = command("send", "write to somebody", group)
    sending.add_argument("number")
    sending.add_argument("text")
    sending.set_defaults(run=send_sms)
    cancelling = command("cancel", "take a message out of the queue", group)
    cancelling.add_argument("id", type=int)
    cancelling.set_defaults(run=cancel_sms)


def list_sms(context: Context, options: argparse.Namespace) -> int:
    """A table of messages."""
    request = ListSms(number=options.number, direction=options.direction, limit=options.limit, before=options.before)

    def show(plain: dict[str, Any]) -> None:
        if not plain["sms"]:
            context.console.print("No messages yet.")
            return
        table = Table("id", "when", "", "number", "state", "text", box=None, padding=(0, 2, 0, 0))
        for sms in plain["sms"]:
            table.add_row(
                str(sms["id"]),
                local_time(sms["at"]),
                _way(sms),
                _number(sms),
                _state(sms),
                safe(sms["text"]),
            )
        context.console.print(table)

    return context.answer(context.door.ask(request), show)


def list_threads(context: Context, options: argparse.Namespace) -> int:
    """A table of threads."""

    def show(plain: dict[str, Any]) -> None:
        if not plain["threads"]:
            context.console.print("No messages yet.")
            return
        table = Table("number", "messages", "last", "text", box=None, padding=(0, 2, 0, 0))
        for thread in plain["threads"]:
            last = thread["last"]
            table.add_row(_number(thread), str(thread["count"]), local_time(last["at"]), safe(last["text"]))
        context.console.print(table)

    return context.answer(context.door.ask(ListThreads(limit=options.limit)), show)


def show_sms(context: Context, options: argparse.Namespace) -> int:
    """One message in full."""

    def show(plain: dict[str, Any]) -> None:
        sms, console = plain["sms"], context.console
        console.print(f"[bold]{sms['id']}[/] {_way(sms)} {_number(sms)}  {local_time(sms['at'])}  {_state(sms)}")
        console.print(safe(sms["text"]), highlight=False)
        for note in sms["notes"]:
            console.print(f"  [yellow]{safe(note)}[/]", highlight=False)
        if sms["doubtful"]:
            console.print("  [yellow]may have gone out twice[/]")
        for part in sms["parts"]:
            if sms["direction"] == "out":
                console.print(f"  {part['part']}/{sms['total']} {part['state']}, attempts {part['attempts']}")
        if sms["state"] == "unreadable":
            for pdu in sms["pdus"]:
                console.print(safe(pdu), highlight=False, soft_wrap=True)

    return context.answer(context.door.ask(ShowSms(id=options.id)), show)


def search_sms(context: Context, options: argparse.Namespace) -> int:
    """Messages with the words that were found."""
    asking = SearchSms(direction=options.direction, **asked(options))

    def show(answer: dict[str, Any]) -> None:
        show_hits(context, answer, "messages", "sms", lambda hit: _show_hit(context, hit))

    return context.answer(context.door.ask(asking), show)


def _show_hit(context: Context, hit: dict[str, Any]) -> None:
    sms, snippet = hit["sms"], hit["snippet"]
    who = safe(sms.get("name") or "") or _number(sms)
    context.console.print(f"[bold]{sms['id']}[/] {_way(sms)} {local_time(sms['at'])}  {who}", highlight=False)
    words = safe(sms["text"]) if snippet is None else marked(snippet["text"], snippet["marks"])
    context.console.print(f"    {words}", highlight=False)


def send_sms(context: Context, options: argparse.Namespace) -> int:
    """Queues a message."""
    answer = context.door.ask(SendSms(number=options.number, text=options.text))
    return context.answer(answer, lambda plain: _told(context, plain["sms"]))


def cancel_sms(context: Context, options: argparse.Namespace) -> int:
    """Takes one out of the queue."""
    answer = context.door.ask(CancelSms(id=options.id))
    return context.answer(answer, lambda plain: _told(context, plain["sms"]))


def _told(context: Context, sms: dict[str, Any]) -> None:
    context.console.print(f"[bold]{sms['id']}[/] {_number(sms)} {_state(sms)}", highlight=False)


def _way(sms: dict[str, Any]) -> str:
    return "→" if sms["direction"] == "out" else "←"


def _number(sms: dict[str, Any]) -> str:
    return safe(sms["number"] if sms["named"] else shown_number(sms["number"]) or sms["number"])


def _state(sms: dict[str, Any]) -> str:
    words = f" ({safe(sms['reason_text'])})" if sms["reason_text"] else ""
    flag = " [yellow]?[/]" if sms["doubtful"] else ""
    return f"[{STATES.get(sms['state'], 'white')}]{sms['state']}[/]{words}{flag}"

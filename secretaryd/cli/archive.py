"""secretaryctl calls search, keep, note, tag, delete, restore."""

import argparse
from typing import Any

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.finding import add_search, asked, marked, show_hits
from secretaryd.cli.live import shown_number
from secretaryd.cli.text import safe
from secretaryd.control.protocol.archive import (
    DeleteCall,
    HearAgain,
    KeepCall,
    NoteCall,
    RestoreCall,
    SearchCalls,
    ShowHearing,
    TagCall,
)


def add_to(command: Command, group: Any) -> None:
    """Adds the commands to the group of calls."""
    searching = add_search(command, group, "calls", "a caller's, in any form, or its last digits")
    searching.add_argument("--outcome", default="", metavar="OUTCOME")
    searching.set_defaults(run=search)
    keeping = command("keep", "its recording is never removed to make room", group)
    keeping.add_argument("--off", action="store_true", help="takes it back")
    hearing = command("transcribe", "heard once more by the second recogniser, when nobody calls", group)
    hearing.add_argument("id", type=int, nargs="?", help="without: how far that is")
    hearing.set_defaults(run=transcribe)
    noting = command("note", "a note of yours, found by search", group)
    tagging = command("tag", "adds tags, or removes them", group)
    tagging.add_argument("--remove", action="append", default=[], metavar="TAG")
    deleting = command("delete", "hides a call; gone for good after a week, until then undone by restore", group)
    restoring = command("restore", "undoes a deletion", group)
    for each, run in ((keeping, keep), (noting, note), (tagging, tag), (deleting, delete), (restoring, restore)):
        each.add_argument("id", type=int)
        each.set_defaults(run=run)
    noting.add_argument("note", help="replaces the one before; empty removes it")
    tagging.add_argument("tags", nargs="*", metavar="TAG")


def search(context: Context, options: argparse.Namespace) -> int:
    """Calls with the words that were found."""
    asking = SearchCalls(outcome=options.outcome, **asked(options))

    def show(answer: dict[str, Any]) -> None:
        show_hits(context, answer, "calls", "call", lambda hit: _show_hit(context, hit))

    return context.answer(context.door.ask(asking), show)


def _show_hit(context: Context, hit: dict[str, Any]) -> None:
    call, snippet = hit["call"], hit["snippet"]
    who = hit["call"].get("name") or shown_number(call["number"]) or call["presentation"]
    context.console.print(
        f"[bold]{call['id']}[/]  {local_time(call['began'])}  {safe(who)}  {call['outcome']}", highlight=False
    )
    if snippet is None:
        context.console.print(f"    {safe(call['summary'])}", highlight=False)
        return
    place = {"caller": "◀", "secretary": "▶"}.get(snippet["who"], snippet["field"])
    context.console.print(f"    [dim]{place}[/] {marked(snippet['text'], snippet['marks'])}", highlight=False)


def keep(context: Context, options: argparse.Namespace) -> int:
    """Protects a recording."""
    answer = context.door.ask(KeepCall(id=options.id, keep=not options.off))
    return context.answer(answer, lambda _: context.console.print("kept" if not options.off else "not kept any more"))


def transcribe(context: Context, options: argparse.Namespace) -> int:
    """Asks for a second hearing, or tells how far it is."""
    if options.id is not None:
        answer = context.door.ask(HearAgain(id=options.id))
        words = f"asked for; see it with: secretaryctl calls show {options.id}"
        return context.answer(answer, lambda _: context.console.print(words, highlight=False))

    def show(told: dict[str, Any]) -> None:
        if not told["model"]:
            context.console.print("No second recogniser: secretaryctl config set stt.second NAME", highlight=False)
            return
        now = "nothing" if told["current"] is None else f"call {told['current']}"
        context.console.print(f"{safe(told['model'])}: hears {now}, {told['waiting']} waiting", highlight=False)

    return context.answer(context.door.ask(ShowHearing()), show)


def note(context: Context, options: argparse.Namespace) -> int:
    """Replaces the note."""
    answer = context.door.ask(NoteCall(id=options.id, note=options.note))
    return context.answer(answer, lambda told: context.console.print(safe(told["call"]["note"]) or "no note"))


def tag(context: Context, options: argparse.Namespace) -> int:
    """Adds and removes tags."""
    answer = context.door.ask(TagCall(id=options.id, add=tuple(options.tags), remove=tuple(options.remove)))
    return context.answer(
        answer, lambda told: context.console.print(safe(", ".join(told["call"]["tags"])) or "no tags", highlight=False)
    )


def delete(context: Context, options: argparse.Namespace) -> int:
    """Hides a call."""
    words = f"deleted; back with: secretaryctl calls restore {options.id}"
    answer = context.door.ask(DeleteCall(id=options.id))
    return context.answer(answer, lambda _: context.console.print(words, highlight=False))


def restore(context: Context, options: argparse.Namespace) -> int:
    """Undoes a deletion."""
    answer = context.door.ask(RestoreCall(id=options.id))
    return context.answer(answer, lambda _: context.console.print("back", highlight=False))

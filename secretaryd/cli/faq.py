"""secretaryctl faq: the owner's questions and answers, at work at once; undo."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from secretaryd.answer.exchange import BadImport, read, to_csv, to_json
from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.content import Entry, ListChanges, ListFaq, RemoveFaq, SaveFaq, TestFaq, Undo

ORIGINS: Final = {"own": "cyan", "persona": "white", "general": "dim"}
HOW: Final = {
    "exact": "the very words",
    "fuzzy": "near enough",
    "below": "nothing fits",
    "tie": "two fit alike: the model decides",
    "empty": "nothing was asked",
}


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("faq", "questions with ready answers").add_subparsers(required=True, metavar="ACTION")
    listing = command("list", "those in force", group)
    listing.add_argument("--own", action="store_true", help="only the owner's own")
    listing.set_defaults(run=list_faq)
    adding = command("add", "a new question, at work at once", group)
    adding.add_argument("id", help="a short name of your own")
    _entry_options(adding, needed=True)
    adding.set_defaults(run=add_entry)
    editing = command("edit", "change a question; a general one becomes the owner's", group)
    editing.add_argument("id")
    _entry_options(editing, needed=False)
    editing.set_defaults(run=edit_entry)
    removing = command("remove", "the owner's goes; a general one is switched off", group)
    removing.add_argument("id")
    removing.set_defaults(run=remove_entry)
    testing = command("test", "what a phrase would be answered with, and how near others come", group)
    testing.add_argument("text", nargs="+")
    testing.set_defaults(run=test_phrase)
    bringing = command("import", "from a CSV or JSON file (- for standard input)", group)
    bringing.add_argument("file", type=Path)
    bringing.add_argument("--only", action="store_true", help="the owner's other entries go")
    bringing.set_defaults(run=import_file)
    exporting = command("export", "to standard output, as CSV or JSON", group)
    exporting.add_argument("--format", choices=["csv", "json"], default="csv")
    exporting.add_argument("--all", action="store_true", help="not the owner's alone")
    exporting.set_defaults(run=export)
    command("undo", "take back the last change of settings, persona or questions").set_defaults(run=undo)
    command("changes", "what can be taken back, newest first").set_defaults(run=list_changes)


def _entry_options(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    parser.add_argument(
        "-q",
        "--question",
        action="append",
        default=[],
        required=needed,
        metavar="TEXT",
        help="a wording; may be repeated",
    )
    parser.add_argument("-a", "--answer", default="", required=needed, help="may hold {hours} and other facts")
    parser.add_argument("--action", choices=["none", "message", "hangup"], default="none" if needed else "")


def list_faq(context: Context, options: argparse.Namespace) -> int:
    """A table."""
    entries = context.door.ask(ListFaq())["entries"]
    if options.own:
        entries = [entry for entry in entries if entry["origin"] == "own"]

    def show(_: Any) -> None:
        if not entries:
            context.console.print('None of your own yet: secretaryctl faq add cards -q "есть ли карты" -a "Да."')
            return
        table = Table("id", "question", "answer", "", box=None, padding=(0, 2, 0, 0))
        for entry in entries:
            more = f" [dim]+{len(entry['variants']) - 1}[/]" if len(entry["variants"]) > 1 else ""
            table.add_row(
                f"[{ORIGINS[entry['origin']]}]{safe(entry['id'])}[/]",
                safe(entry["variants"][0]) + more,
                safe(entry["answer"]),
                entry["action"],
            )
        context.console.print(table)

    return context.answer({"entries": entries}, show)


def add_entry(context: Context, options: argparse.Namespace) -> int:
    """Refused where the id is in use."""
    action = "" if options.action == "none" else options.action
    entry = Entry(id=options.id, variants=options.question, answer=options.answer, action=action)
    return _saved(context, context.door.ask(SaveFaq(entries=[entry], fresh=True)), options.id)


def edit_entry(context: Context, options: argparse.Namespace) -> int:
    """What is not named stays as it is."""
    entries = {entry["id"]: entry for entry in context.door.ask(ListFaq())["entries"]}
    if options.id not in entries:
        raise CommandFailed(f"there is no question {options.id!r}", "secretaryctl faq list", code=1)
    if not (options.question or options.answer or options.action):
        raise CommandFailed("nothing to change", "name -q, -a or --action", code=2)
    old = entries[options.id]
    action = old["action"] if not options.action else "" if options.action == "none" else options.action
    entry = Entry(
        id=options.id,
        variants=options.question or old["variants"],
        answer=options.answer or old["answer"],
        action=action,
    )
    return _saved(context, context.door.ask(SaveFaq(entries=[entry])), options.id)


def _saved(context: Context, answer: dict[str, Any], entry_id: str) -> int:
    return context.answer(
        answer, lambda _: context.console.print(f"{safe(entry_id)}: in force from the next call on", highlight=False)
    )


def remove_entry(context: Context, options: argparse.Namespace) -> int:
    """Can be taken back: secretaryctl undo."""
    answer = context.door.ask(RemoveFaq(id=options.id))
    return context.answer(
        answer, lambda _: context.console.print(f"removed: {safe(options.id)}  (secretaryctl undo takes it back)")
    )


def test_phrase(context: Context, options: argparse.Namespace) -> int:
    """Scores and all."""
    answer = context.door.ask(TestFaq(text=" ".join(options.text)))

    def show(plain: dict[str, Any]) -> None:
        out = context.console
        fits = f"[green]{safe(plain['faq'])}[/] {plain['score']:g}" if plain["faq"] else "[yellow]none[/]"
        out.print(f"question: {fits}  ({HOW[plain['how']]})", highlight=False)
        said = safe(plain["answer"]) or "[dim]a model is asked, or a message is offered[/]"
        out.print(f"answer:   {said}  [dim]{safe(plain['source'])}[/]", highlight=False)
        for name in ("entries", "facts"):
            near = ", ".join(f"{safe(each['id'])} {each['score']:g}" for each in plain[name])
            out.print(f"{name + ':':9} {near or '-'}", highlight=False)

    return context.answer(answer, show)


test_phrase.__test__ = False  # type: ignore[attr-defined]  # a command, whatever pytest makes of its name


def import_file(context: Context, options: argparse.Namespace) -> int:
    """All of it or nothing."""
    try:
        raw = sys.stdin.buffer.read() if str(options.file) == "-" else options.file.read_bytes()
        entries = read(raw)
    except OSError as error:
        raise CommandFailed(f"{options.file}: {error.strerror}", code=2) from error
    except BadImport as error:
        raise CommandFailed("The file cannot be taken over:\n  " + "\n  ".join(error.problems), code=2) from error
    asked = SaveFaq(entries=[Entry(**entry) for entry in entries], only=options.only)
    answer = context.door.ask(asked)
    return context.answer(answer, lambda _: context.console.print(f"taken over: {answer['saved']}"))


def export(context: Context, options: argparse.Namespace) -> int:
    """Ready for a spreadsheet: no cell is a formula."""
    entries = context.door.ask(ListFaq())["entries"]
    chosen = [entry for entry in entries if options.all or entry["origin"] == "own"]
    plain = [{key: entry[key] for key in ("id", "variants", "answer", "action")} for entry in chosen]
    as_json = context.as_json or options.format == "json"
    sys.stdout.write(to_json(plain) if as_json else to_csv(plain))
    return 0


def undo(context: Context, _: argparse.Namespace) -> int:
    """One change a time."""

    def show(answer: dict[str, Any]) -> None:
        change = answer["undone"]
        context.console.print(f"taken back: {safe(change['what'])} {safe(change['target'])}", highlight=False)

    return context.answer(context.door.ask(Undo()), show)


def list_changes(context: Context, _: argparse.Namespace) -> int:
    """A table."""

    def show(answer: dict[str, Any]) -> None:
        if not answer["changes"]:
            context.console.print("nothing was changed yet")
            return
        table = Table("when", "who", "what", "target", box=None, padding=(0, 2, 0, 0))
        for change in answer["changes"]:
            table.add_row(local_time(change["at"]), safe(change["who"]), safe(change["what"]), safe(change["target"]))
        context.console.print(table)

    return context.answer(context.door.ask(ListChanges()), show)

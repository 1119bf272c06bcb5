"""secretaryctl contacts: whom the owner knows, and whose calls are not taken."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.live import shown_number
from secretaryd.cli.text import safe
from secretaryd.control.protocol.contacts import (
    AddContact,
    BlockNumber,
    ContactCard,
    EditContact,
    ImportContacts,
    ListContacts,
    RemoveContact,
    RestoreContact,
    ShowContact,
    UnblockNumber,
)
from secretaryd.people.files import BadFile, Draft, read, write_csv, write_vcards

GROUPS: Final = ("vip", "family", "supplier", "blocked")
RULES: Final = ("decline", "goodbye")
PAGE: Final = 200
MAX_FILE: Final = 16 << 20


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("contacts", "whom you know, and whose calls are not taken").add_subparsers(
        required=True, metavar="ACTION"
    )
    _add_looking(command, group)
    _add_changing(command, group)
    importing = command("import", "takes in a CSV or vCard file; doing it again changes nothing", group)
    importing.add_argument("file", type=Path)
    importing.set_defaults(run=import_file)
    exporting = command("export", "all contacts as CSV or vCard", group)
    exporting.add_argument("--format", choices=["csv", "vcard"], default="csv")
    exporting.add_argument("-o", "--output", type=Path, metavar="FILE", help="else to the terminal")
    exporting.set_defaults(run=export)


def _add_looking(command: Command, group: Any) -> None:
    listing = command("list", "by name", group)
    listing.add_argument("text", nargs="?", default="", help="a part of name, note or number")
    listing.add_argument("--group", default="", choices=["", *GROUPS], metavar="GROUP", help=", ".join(GROUPS))
    listing.add_argument("-n", "--limit", type=int, default=100)
    listing.set_defaults(run=list_contacts)
    showing = command("show", "one contact with the last calls, by id or number", group)
    showing.add_argument("contact", metavar="ID|NUMBER")
    showing.set_defaults(run=show)


def _add_changing(command: Command, group: Any) -> None:
    adding = command("add", "a new contact", group)
    adding.add_argument("name")
    adding.add_argument("numbers", nargs="*", metavar="NUMBER", help="in any form: 8 (916) 123-45-67")
    editing = command("edit", "changes what is given", group)
    editing.add_argument("id", type=int)
    editing.add_argument("--name")
    editing.add_argument("--number", action="append", dest="numbers", metavar="NUMBER", help="all of them, one each")
    for each, default in ((adding, ""), (editing, None)):
        each.add_argument("--group", default=default, choices=["", *GROUPS], metavar="GROUP", help=", ".join(GROUPS))
        each.add_argument("--note", default=default)
        each.add_argument("--rule", default=default, choices=["", *RULES], metavar="RULE", help=RULE_HELP)
    adding.set_defaults(run=add_contact)
    editing.set_defaults(run=edit)
    for name, words, run in (("remove", "forgets one; undone by restore", remove), ("restore", "undoes it", restore)):
        each = command(name, words, group)
        each.add_argument("id", type=int)
        each.set_defaults(run=run)
    blocking = command("block", "calls from that number are not taken any more", group)
    blocking.add_argument("number")
    blocking.add_argument("--rule", default="", choices=["", *RULES], metavar="RULE", help=RULE_HELP)
    blocking.set_defaults(run=block)
    unblocking = command("unblock", "calls from that number are taken again", group)
    unblocking.add_argument("number")
    unblocking.set_defaults(run=unblock)


RULE_HELP: Final = "of a blocked one: decline (unanswered, the default) or goodbye (answered with a goodbye)"


def list_contacts(context: Context, options: argparse.Namespace) -> int:
    """A table of contacts."""

    def show(answer: dict[str, Any]) -> None:
        table = Table("id", "name", "group", "numbers", "note", box=None, padding=(0, 2, 0, 0))
        for contact in answer["contacts"]:
            rule = f" ({contact['rule']})" if contact["group"] == "blocked" and contact["rule"] else ""
            numbers = ", ".join(map(shown_number, contact["numbers"]))
            table.add_row(
                str(contact["id"]),
                safe(contact["name"]),
                contact["group"] + rule,
                safe(numbers),
                safe(contact["note"]),
            )
        context.console.print(table if answer["contacts"] else "No contacts.")

    asking = ListContacts(text=options.text, group=options.group, limit=options.limit)
    return context.answer(context.door.ask(asking), show)


def show(context: Context, options: argparse.Namespace) -> int:
    """One contact."""
    # An id has few digits, a telephone number at least three (short services) and mostly eleven.
    by_id = options.contact.isdigit() and len(options.contact) <= 6
    asking = ShowContact(id=int(options.contact)) if by_id else ShowContact(number=options.contact)

    def shown(answer: dict[str, Any]) -> None:
        _print_card(context, answer["contact"])
        for call in answer["calls"]:
            line = f"  {call['id']:>6}  {local_time(call['began'])}  {call['outcome'] or 'in progress'}  "
            context.console.print(line + safe(call["summary"]), highlight=False)

    return context.answer(context.door.ask(asking), shown)


def add_contact(context: Context, options: argparse.Namespace) -> int:
    """A new one."""
    card = ContactCard(
        name=options.name, numbers=tuple(options.numbers), group=options.group, note=options.note, rule=options.rule
    )
    return _changed(context, context.door.ask(AddContact(card=card)))


def edit(context: Context, options: argparse.Namespace) -> int:
    """Changes what is given."""
    numbers = None if options.numbers is None else tuple(filter(None, options.numbers))
    asking = EditContact(
        id=options.id, name=options.name, numbers=numbers, group=options.group, note=options.note, rule=options.rule
    )
    return _changed(context, context.door.ask(asking))


def remove(context: Context, options: argparse.Namespace) -> int:
    """Forgets one."""

    def shown(answer: dict[str, Any]) -> None:
        _print_card(context, answer["contact"])
        context.console.print(f"removed; back with: secretaryctl contacts restore {options.id}", highlight=False)

    return context.answer(context.door.ask(RemoveContact(id=options.id)), shown)


def restore(context: Context, options: argparse.Namespace) -> int:
    """Undoes a removal."""
    return _changed(context, context.door.ask(RestoreContact(id=options.id)))


def block(context: Context, options: argparse.Namespace) -> int:
    """Calls from that number are not taken any more."""
    return _changed(context, context.door.ask(BlockNumber(number=options.number, rule=options.rule)))


def unblock(context: Context, options: argparse.Namespace) -> int:
    """Calls from that number are taken again."""
    return _changed(context, context.door.ask(UnblockNumber(number=options.number)))


def import_file(context: Context, options: argparse.Namespace) -> int:
    """Takes in a file, some hundred contacts a request."""
    drafts = _read(options.file)
    total = {"added": 0, "changed": 0, "same": 0, "conflicts": 0}
    for start in range(0, len(drafts), PAGE):
        cards = tuple(
            ContactCard(name=one.name, numbers=one.numbers, group=one.group, note=one.note, rule=one.rule)
            for one in drafts[start : start + PAGE]
        )
        for key, count in context.door.ask(ImportContacts(cards=cards)).items():
            total[key] += count

    def shown(told: dict[str, int]) -> None:
        context.console.print(
            f"{told['added']} added, {told['changed']} completed, {told['same']} known already,"
            f" {told['conflicts']} left out: their numbers are different contacts' here",
            highlight=False,
        )

    return context.answer(total, shown)


def export(context: Context, options: argparse.Namespace) -> int:
    """All of them."""
    drafts, after = [], ""
    while page := context.door.ask(ListContacts(limit=PAGE, after=after))["contacts"]:
        drafts += [Draft(c["name"], tuple(c["numbers"]), c["group"], c["note"], c["rule"]) for c in page]
        after = page[-1]["name"]
    text = write_csv(drafts) if options.format == "csv" else write_vcards(drafts)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        options.output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandFailed(f"cannot write {options.output}: {error.strerror}", "name another file with -o") from error
    done = {"contacts": len(drafts), "file": str(options.output)}
    return context.answer(done, lambda _: context.console.print(f"{len(drafts)} written", highlight=False))


def _read(path: Path) -> list[Draft]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise CommandFailed(f"{path} is larger than {MAX_FILE >> 20} MB", "split it")
        raw = path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"cannot read {path}: {error.strerror}", "name a CSV or vCard file") from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1251", "replace")  # what spreadsheets on Russian Windows write
    try:
        return read(text)
    except BadFile as error:
        raise CommandFailed(f"{path}: {error}", "secretaryctl contacts export shows the form", code=2) from error


def _changed(context: Context, answer: Any) -> int:
    return context.answer(answer, lambda told: _print_card(context, told["contact"]))


def _print_card(context: Context, contact: dict[str, Any]) -> None:
    group = f"  {contact['group']}" if contact["group"] else ""
    rule = f" ({contact['rule'] or 'decline'})" if contact["group"] == "blocked" else ""
    numbers = ", ".join(map(shown_number, contact["numbers"]))
    context.console.print(
        f"[bold]{contact['id']}[/]  {safe(contact['name'])}{group}{rule}  {safe(numbers)}", highlight=False
    )
    if contact["note"]:
        context.console.print(f"  {safe(contact['note'])}", highlight=False)

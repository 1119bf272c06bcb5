"""secretaryctl persona: who answers, in what manner, and what it knows; at work at once."""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.content import (
    ListPersonas,
    RemoveFact,
    SaveFact,
    SavePersona,
    SetPersona,
    ShowPersona,
    UsePersona,
)

FIELDS: Final = ("name", "company", "style", "greeting")
EDITORS: Final = ("VISUAL", "EDITOR")
FALLBACK_EDITOR: Final = "nano"


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("persona", "who answers, and what it knows").add_subparsers(required=True, metavar="ACTION")
    command("list", "the ready ones, and which is in force", group).set_defaults(run=list_personas)
    showing = command("show", "the one in force", group)
    showing.add_argument("--text", action="store_true", help="its file, to be edited and given back to `persona save`")
    showing.set_defaults(run=show_persona)
    using = command("use", "a ready one becomes yours, to be edited", group)
    using.add_argument("id", nargs="?", default="", help="none: back to what was shipped")
    using.set_defaults(run=use_persona)
    setting = command("set", "name, company, style or greeting", group)
    setting.add_argument("field", choices=FIELDS)
    setting.add_argument("value")
    setting.set_defaults(run=set_field)
    command("edit", "its file in your editor ($EDITOR)", group).set_defaults(run=edit_persona)
    saving = command("save", "take over a file (- for standard input)", group)
    saving.add_argument("file", type=Path)
    saving.set_defaults(run=save_persona)
    facts = command("facts", "what callers may know", group).add_subparsers(metavar="ACTION")
    facts_list = command("list", "all of them", facts)
    facts_list.set_defaults(run=list_facts)
    fact = command("set", "add or replace the fact on a topic", facts)
    fact.add_argument("topic", help="hours, address, prices, … (all: secretaryctl persona facts topics)")
    fact.add_argument("value")
    fact.add_argument("--label", default="", help='its name, as in "Часы работы"')
    fact.add_argument("--say", default="", help="the sentence that a caller hears")
    fact.add_argument(
        "--keyword", action="append", default=[], help="a word by which callers ask for it; may be repeated"
    )
    fact.set_defaults(run=set_fact)
    removing = command("remove", "callers are not told it any more", facts)
    removing.add_argument("topic")
    removing.set_defaults(run=remove_fact)
    command("topics", "topics that a fact may have", facts).set_defaults(run=list_topics)
    group.choices["facts"].set_defaults(run=list_facts)


def list_personas(context: Context, _: argparse.Namespace) -> int:
    """The ready ones."""

    def show(answer: dict[str, Any]) -> None:
        for persona_id in answer["ready"]:
            mark = "[green]▶[/]" if not answer["own"] and persona_id == answer["active"] else " "
            context.console.print(f"{mark} {safe(persona_id)}", highlight=False)
        if answer["own"]:
            context.console.print("[green]▶[/] your own (secretaryctl persona show)")

    return context.answer(context.door.ask(ListPersonas()), show)


def show_persona(context: Context, options: argparse.Namespace) -> int:
    """In words, or its file."""
    answer = context.door.ask(ShowPersona())
    if options.text and not context.as_json:
        sys.stdout.write(answer["text"])
        return 0

    def show(plain: dict[str, Any]) -> None:
        kind = "your own" if plain["own"] else f"ready: {plain['id']}"
        context.console.print(f"[bold]{safe(plain['name'])}[/], {safe(plain['company'])}  [dim]({kind})[/]")
        context.console.print(f"greeting: {safe(plain['greeting'])}", highlight=False)
        context.console.print(f"style:    {safe(plain['style'])}", highlight=False)
        _show_facts(context, plain["facts"])

    return context.answer(answer, show)


def _show_facts(context: Context, facts: list[dict[str, Any]]) -> None:
    table = Table("topic", "label", "value", "said as", box=None, padding=(0, 2, 0, 0))
    for fact in facts:
        table.add_row(fact["topic"], safe(fact["label"]), safe(fact["value"]), safe(fact["say"]))
    context.console.print(table)


def use_persona(context: Context, options: argparse.Namespace) -> int:
    """Can be taken back: secretaryctl undo."""
    answer = context.door.ask(UsePersona(id=options.id))
    return _told(context, answer, f"{answer['name']} answers from the next call on")


def set_field(context: Context, options: argparse.Namespace) -> int:
    """One of `FIELDS`."""
    answer = context.door.ask(SetPersona(**{options.field: options.value}))
    return _told(context, answer, f"{options.field} = {answer[options.field]}")


def edit_persona(context: Context, _: argparse.Namespace) -> int:
    """Nothing changes until the editor is closed and the text is found good; what was typed is never lost."""
    shown = context.door.ask(ShowPersona())
    with tempfile.NamedTemporaryFile("w+", suffix=".toml", prefix="persona-", delete=False, encoding="utf-8") as file:
        file.write(shown["text"])
    path = Path(file.name)
    _edit(path)
    text = path.read_text("utf-8")
    if text == shown["text"]:
        path.unlink()
        return _told(context, {"changed": False}, "nothing was changed")
    try:
        answer = context.door.ask(SavePersona(text=text, version=shown["version"]))
    except CommandFailed as error:
        raise CommandFailed(
            str(error), f"your text is in {path}: secretaryctl persona save {path}", error.code
        ) from error
    path.unlink()
    return _told(context, answer, "in force from the next call on")


def _edit(path: Path) -> None:
    editor = next((os.environ[name] for name in EDITORS if os.environ.get(name)), FALLBACK_EDITOR)
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise CommandFailed(f"the editor {editor!r} failed: {error}", "set EDITOR, e.g. EDITOR=nano") from error


def save_persona(context: Context, options: argparse.Namespace) -> int:
    """Found good before it is taken."""
    try:
        text = sys.stdin.read() if str(options.file) == "-" else options.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{options.file}: {error}", code=2) from error
    return _told(context, context.door.ask(SavePersona(text=text)), "in force from the next call on")


def list_facts(context: Context, _: argparse.Namespace) -> int:
    """What callers may know."""
    facts = context.door.ask(ShowPersona())["facts"]
    return context.answer({"facts": facts}, lambda _: _show_facts(context, facts))


def set_fact(context: Context, options: argparse.Namespace) -> int:
    """Adds or replaces."""
    asked = SaveFact(
        topic=options.topic,
        value=options.value,
        label=options.label,
        say=options.say,
        keywords=tuple(options.keyword),
    )
    return _told(context, context.door.ask(asked), f"{options.topic}: in force from the next call on")


def remove_fact(context: Context, options: argparse.Namespace) -> int:
    """Can be taken back: secretaryctl undo."""
    return _told(context, context.door.ask(RemoveFact(topic=options.topic)), f"removed: {options.topic}")


def list_topics(context: Context, _: argparse.Namespace) -> int:
    """Needs no running box."""
    from secretaryd.answer.template import TOPICS

    topics = sorted(TOPICS)
    return context.answer({"topics": topics}, lambda _: context.console.print(", ".join(topics)))


def _told(context: Context, answer: Any, words: str) -> int:
    return context.answer(answer, lambda _: context.console.print(safe(words), highlight=False))

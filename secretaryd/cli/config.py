"""secretaryctl config: what is in force, every key with its meaning, and the owner's edits."""

import argparse
import json
from typing import Any

from rich.table import Table

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.config.load import documentation, unknown
from secretaryd.control.protocol import ShowConfig
from secretaryd.control.protocol.content import SetConfig, UnsetConfig


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("config", "the configuration").add_subparsers(required=True, metavar="ACTION")
    command("check", "read the configuration and list every error", group).set_defaults(run=check)
    showing = command("show", "the configuration in force in the running box", group)
    showing.add_argument("section", nargs="?", default="", help="only this section")
    showing.set_defaults(run=show)
    getting = command("get", "one value in force in the running box", group)
    getting.add_argument("key", metavar="SECTION.KEY")
    getting.set_defaults(run=get)
    setting = command("set", "change a value: validated, kept in settings.toml, at work at once where it can be", group)
    setting.add_argument("key", metavar="SECTION.KEY")
    setting.add_argument("value", help="lists as JSON")
    setting.set_defaults(run=set_value)
    unsetting = command("unset", "back to what the TOML file and the defaults say", group)
    unsetting.add_argument("key", metavar="SECTION.KEY")
    unsetting.set_defaults(run=unset_value)
    command("keys", "every key with its default and its meaning", group).set_defaults(run=show_keys)


def check(context: Context, _: argparse.Namespace) -> int:
    """Exit code 2 and every error, or 0."""
    config = context.config
    return context.answer(
        {"ok": True, "data_dir": str(config.box.data_dir)},
        lambda _: context.console.print("The configuration is fine."),
    )


def show(context: Context, options: argparse.Namespace) -> int:
    """What the running box works with."""
    config = context.door.ask(ShowConfig())["config"]
    if options.section:
        if options.section not in config:
            raise CommandFailed(unknown(options.section, list(config)).at(f"[{options.section}]"), code=2)
        config = {options.section: config[options.section]}

    def print_it(_: Any) -> None:
        for section, keys in config.items():
            context.console.print(f"[bold]\\[{section}][/]")
            for key, value in keys.items():
                context.console.print(f"  {key} = {safe(_json(value))}", highlight=False)

    return context.answer({"config": config}, print_it)


def get(context: Context, options: argparse.Namespace) -> int:
    """One value, bare: for scripts."""
    section, _, name = options.key.partition(".")
    config = context.door.ask(ShowConfig())["config"]
    if name not in config.get(section, {}):
        known = [f"{part}.{key}" for part, keys in config.items() for key in keys]
        raise CommandFailed(unknown(options.key, known).at(options.key), code=2)
    value = config[section][name]
    shown = value if isinstance(value, str) else _json(value)
    return context.answer({"key": options.key, "value": value}, lambda _: context.console.print(safe(shown)))


def set_value(context: Context, options: argparse.Namespace) -> int:
    """The core writes, since it is the only one to write."""
    return _tell(context, context.door.ask(SetConfig(key=options.key, value=options.value, as_text=True)))


def unset_value(context: Context, options: argparse.Namespace) -> int:
    """The setting goes."""
    return _tell(context, context.door.ask(UnsetConfig(key=options.key)))


def _tell(context: Context, done: dict[str, Any]) -> int:
    def print_it(_: Any) -> None:
        context.console.print(f"{done['key']} = {safe(_json(done['value']))}", highlight=False)
        if done["hidden_by"]:
            context.console.print(f"[yellow]hidden by the environment: {safe(done['hidden_by'])}[/]")
        if done["restart"]:
            units = " ".join(done["restart"])
            context.console.print(f"in force after: secretaryctl restart --needed ({units})", highlight=False)
        else:
            context.console.print("in force from the next call on")

    return context.answer(done, print_it)


def show_keys(context: Context, _: argparse.Namespace) -> int:
    """The manual of the configuration."""
    rows = documentation()

    def print_it(_: Any) -> None:
        table = Table("key", "default", "meaning", show_lines=False)
        for key, default, words in rows:
            table.add_row(safe(key), safe(default), safe(words))
        context.console.print(table)

    return context.answer([{"key": k, "default": d, "meaning": w} for k, d, w in rows], print_it)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

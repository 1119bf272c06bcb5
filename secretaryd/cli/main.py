"""secretaryctl: one command for the box. Tables for people, --json for scripts.

Exit codes: 0 well; 1 the box refused (its words are printed); 2 bad usage or configuration; 3 cannot work here and now
(the box is not running, a download failed), with what to do about it.
"""

import argparse
import difflib
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from rich.console import Console

from secretaryd.cli import (
    audit,
    backup,
    bench,
    calls,
    chat,
    completion,
    config,
    contacts,
    diag,
    dial,
    doctor,
    faq,
    legacy,
    models,
    modem,
    persona,
    privacy,
    secrets,
    sim,
    simulate,
    sms,
    system,
    talking,
    tui,
    users,
)
from secretaryd.cli.context import Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.client import ControlError, RequestRefused

GROUPS: Final[tuple[Callable[[Any], None], ...]] = (
    system.add,
    calls.add,
    contacts.add,
    audit.add,
    privacy.add,
    talking.add,
    dial.add,
    sim.add,
    sms.add,
    chat.add,
    simulate.add,
    models.add,
    modem.add,
    doctor.add,
    diag.add,
    bench.add,
    config.add,
    faq.add,
    persona.add,
    secrets.add,
    backup.add,
    legacy.add,
    users.add,
    tui.add,
    completion.add,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    context = Context(Console(), Console(stderr=True), options.config, options.socket, as_json=options.json)
    try:
        return int(options.run(context, options) or 0)
    except CommandFailed as error:
        return _failed(context, error)
    except RequestRefused as error:
        return _failed(context, CommandFailed(error.problem.text, error.problem.remedy, 1))
    except ControlError as error:
        return _failed(context, CommandFailed(str(error), "is box and secretaryctl of one version?"))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # | head
        # The interpreter flushes once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _failed(context: Context, error: CommandFailed) -> int:
    if context.as_json:
        print(json.dumps({"error": {"text": str(error), "remedy": error.remedy}}, ensure_ascii=False))
        return error.code
    context.errors.print(f"[red]{safe(str(error))}[/]", highlight=False, soft_wrap=True)
    if error.remedy:
        context.errors.print(f"  → {safe(error.remedy)}", highlight=False, soft_wrap=True)
    return error.code


class Parser(argparse.ArgumentParser):
    """Says what was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        found = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if found:
            known = [name.strip(" '") for name in found[2].split(",")]
            near = difflib.get_close_matches(found[1], known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            message = f"there is no {found[1]!r} here; {hint}"
        self.exit(2, f"{self.prog}: {message}\n  → {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="secretaryctl", description="Manages the secretary box from the terminal.")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration (else $SECRETARYD_CONFIG, else /etc)"
    )
    parser.add_argument("--socket", type=Path, metavar="PATH", help="control socket of the box")
    parser.add_argument("--json", action="store_true", help="answer as JSON, for scripts")
    # --json is understood after the command as well, where people type it.
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer as JSON, for scripts")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, words: str, group: Any = None) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = (group or commands).add_parser(
            name, help=words, description=words, parents=[common]
        )
        return added

    for add in GROUPS:
        add(command)
    return parser


def parser() -> argparse.ArgumentParser:
    """All commands, for whoever describes them."""
    return _parser()


if __name__ == "__main__":
    sys.exit(main())

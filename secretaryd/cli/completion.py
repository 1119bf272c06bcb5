"""secretaryctl completion: what a shell proposes after a tab, made from the commands themselves."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from secretaryd.cli.context import Command, Context

SHELLS: Final = ("bash", "zsh", "fish")
ROOT: Final = "."


@dataclass(frozen=True, slots=True)
class Node:
    """A command: `path` its words joined by spaces (ROOT for none), `words` (word, help) that may come next."""

    path: str
    words: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]


def add(command: Command) -> None:
    """Adds the command."""
    completion = command("completion", "completion for a shell: secretaryctl completion bash > FILE")
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(run=show_completion)


def show_completion(_: Context, options: argparse.Namespace) -> int:
    """To standard output."""
    from secretaryd.cli.main import parser  # it knows us

    sys.stdout.write(script(options.shell, parser()))
    return 0


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The file for that shell."""
    nodes = list(nodes_of(parser))
    return {"bash": bash, "zsh": zsh, "fish": fish}[shell](nodes)


def nodes_of(parser: argparse.ArgumentParser, path: str = ROOT) -> Iterator[Node]:
    """Every command, the outermost first."""
    words: dict[str, str] = {}
    options: dict[str, str] = {}
    below: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            words |= {name: helps.get(name, "") for name in action.choices}
            below |= action.choices
        elif action.option_strings:
            options |= {name: action.help or "" for name in action.option_strings if name.startswith("--")}
        elif action.choices:
            words |= {str(choice): "" for choice in action.choices if str(choice)}
    yield Node(path, tuple(words.items()), tuple(options.items()))
    for name, child in below.items():
        yield from nodes_of(child, name if path == ROOT else f"{path} {name}")


def bash(nodes: list[Node]) -> str:
    """A table of what may come next, and a function that walks along it."""
    rows = "\n".join(f'    ["{node.path}"]="{_next(node)}"' for node in nodes)
    return f"""\
# bash completion for secretaryctl
declare -gA _secretaryctl_words=(
{rows}
)
_secretaryctl() {{
    local at="." word key
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        if [ "$at" = "." ]; then key="$word"; else key="$at $word"; fi
        [ -n "$word" ] && [ -n "${{_secretaryctl_words[$key]+known}}" ] && at="$key"
    done
    COMPREPLY=($(compgen -W "${{_secretaryctl_words[$at]}}" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _secretaryctl secretaryctl
"""


def zsh(nodes: list[Node]) -> str:
    """The same in zsh's words."""
    rows = "\n".join(f'    "{node.path}" "{_next(node)}"' for node in nodes)
    return f"""\
#compdef secretaryctl
_secretaryctl() {{
    local -A next
    next=(
{rows}
    )
    local at="." word key
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        if [[ "$at" == "." ]]; then key="$word"; else key="$at $word"; fi
        [[ -n "$word" && -n "${{next[$key]}}" ]] && at="$key"
    done
    compadd -- ${{=next[$at]}}
    [[ "$at" == "." ]] || _files
}}
# zsh runs this file as the function itself when it is needed first; a shell that reads it at its start is told of it.
if [[ "${{funcstack[1]}}" == "_secretaryctl" ]]; then
    _secretaryctl "$@"
else
    compdef _secretaryctl secretaryctl
fi
"""


def fish(nodes: list[Node]) -> str:
    """A line a word, each with the condition under which it is proposed."""
    lines = ["# fish completion for secretaryctl", "complete -c secretaryctl -n __fish_use_subcommand -f"]
    for node in nodes:
        seen = [] if node.path == ROOT else node.path.split()
        later = " ".join(word for word, _ in node.words)
        if seen:
            condition = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in seen)
            condition += f"; and not __fish_seen_subcommand_from {later}" if later else ""
        else:
            condition = "__fish_use_subcommand"
        lines += [
            f'complete -c secretaryctl -n "{condition}" -a {word} -d {_quoted(text)}' for word, text in node.words
        ]
        lines += [
            f'complete -c secretaryctl -n "{condition}" -l {name[2:]} -d {_quoted(text)}' for name, text in node.options
        ]
    return "\n".join(lines) + "\n"


def _next(node: Node) -> str:
    return " ".join([*(word for word, _ in node.words), *(name for name, _ in node.options)])


def _quoted(text: str) -> str:
    plain = text.replace("%%", "%").replace("\\", "").replace("'", "’")
    return f"'{plain}'"

"""Bytes of the AT port to commands, as SIM7500_SIM7600 AT Command Manual V3.00 section 1.4 parses them (PURE)."""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_LINE = 559
MAX_COMMANDS = 39


class Form(StrEnum):
    """Which of the four forms of a command was used."""

    EXECUTE = "exec"
    READ = "read"
    TEST = "test"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: name in capitals (`+CLIP`, `A`, `D`, `E`), its form, and its arguments (quotes removed)."""

    name: str
    form: Form
    args: tuple[str, ...] = ()
    quoted: tuple[bool, ...] = ()

    @property
    def text(self) -> str:
        """The first argument, or nothing."""
        return self.args[0] if self.args else ""


class LineRefused(Exception):
    """The whole line is answered by ERROR and nothing of it is executed."""


_BASIC = re.compile(r"(S\d+|[A-Z]|&[A-Z])(=\?|=\d*|\?|\d*)", re.IGNORECASE)
_EXTENDED = re.compile(r"([+*^$][A-Z][A-Z0-9_]*)(=\?|\?|=(.*))?", re.IGNORECASE | re.DOTALL)


def _split_quoted(text: str, mark: str) -> list[str]:
    """Splits outside of double quotes."""
    parts, start, inside = [], 0, False
    for at, char in enumerate(text):
        if char == '"':
            inside = not inside
        elif char == mark and not inside:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _arguments(text: str) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    raw = [part.strip() for part in _split_quoted(text, ",")]
    quoted = tuple(len(part) >= 2 and part[0] == part[-1] == '"' for part in raw)
    values = tuple(part[1:-1] if marked else part for part, marked in zip(raw, quoted, strict=True))
    if any('"' in value for value in values):
        raise LineRefused(text)
    return values, quoted


def _extended(text: str) -> Command:
    match = _EXTENDED.fullmatch(text)
    if match is None:
        raise LineRefused(text)
    name, form = match[1].upper(), match[2]
    if form is None:
        return Command(name, Form.EXECUTE)
    if form in ("?", "=?"):
        return Command(name, Form.READ if form == "?" else Form.TEST)
    args, quoted = _arguments(match[3])
    return Command(name, Form.SET, args, quoted)


def _basics(text: str) -> list[Command]:
    """Basic commands stand side by side without a semicolon; D takes the rest of the line."""
    found: list[Command] = []
    at = 0
    while at < len(text):
        if text[at].upper() == "D":
            return [*found, Command("D", Form.SET, (text[at + 1 :],), (False,))]
        match = _BASIC.match(text, at)
        if match is None:
            raise LineRefused(text)
        name, tail = match[1].upper(), match[2]
        form = {"?": Form.READ, "=?": Form.TEST}.get(tail, Form.SET if tail else Form.EXECUTE)
        value = tail.removeprefix("=")
        found.append(Command(name, form, (value,) if form is Form.SET else (), (False,) if form is Form.SET else ()))
        at = match.end()
    return found


def parse_line(line: str) -> list[Command] | None:
    """The commands of one line; [] for a bare AT, None when there is no AT in it (ignored). Raises LineRefused."""
    start = line.upper().find("AT")
    if start < 0:
        return None
    if len(line) - start > MAX_LINE:
        raise LineRefused(line)
    body = line[start + 2 :].strip()
    if body[:1].upper() == "D":
        return _basics(body)
    commands: list[Command] = []
    for part in _split_quoted(body, ";"):
        text = part.strip()
        if not text:
            continue
        basic = re.match(r"[A-Za-z&][^+*^$]*", text)
        head = basic[0] if basic else ""
        commands += _basics(head.replace(" ", ""))
        if text[len(head) :]:
            commands.append(_extended(text[len(head) :]))
    if len(commands) > MAX_COMMANDS:
        raise LineRefused(line)
    return commands

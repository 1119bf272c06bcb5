"""The owner's settings.toml as a text that is edited, comments kept. PURE: writing is `secretaryd.owner`'s.

What may be set, what a word on the command line means for a key, and what has to start anew before it works.
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast, get_origin, get_type_hints

import tomlkit
from tomlkit.exceptions import TOMLKitError

from secretaryd.config.load import ConfigError, unknown
from secretaryd.config.schema import Config
from secretaryd.reasons import Reason

SETTINGS: Final = "settings.toml"
FIXED: Final = frozenset({"box.data_dir", "storage.url", "control.socket"})
"""Where the box finds itself: only the TOML and the environment may say it."""
AT_ONCE: Final = frozenset(
    {
        "box.name",
        "box.company",
        "call.greeting",
        "call.record",
        "call.max_seconds",
        "call.answer_after_rings",
    }
)
"""In force from the next call on."""
READ_AGAIN: Final = {
    "keep": frozenset[str](),
    "backup": frozenset({"backup.folder"}),
    "dial": frozenset[str](),
    "sim": frozenset[str](),
    "sms": frozenset({"sms.enabled"}),
}
"""Sections that are read anew whenever something is done by them, and their keys that are not."""
READERS: Final[dict[str, tuple[str, ...]]] = {
    "stt": ("secretary-speech", "secretaryd"),
    "tts": ("secretary-speech", "secretaryd"),
    "llm": ("secretary-llm", "secretaryd"),
    "web": ("secretary-web",),
}
"""Section to the units that read it at their start; others are read by the core, [logs] and [box] by all."""
EVERYWHERE: Final = ("secretaryd", "secretary-speech", "secretary-llm", "secretary-web")
ALL_READ: Final = frozenset({"logs", "box"})
SEEDS: Final = frozenset({"box.name", "box.company", "call.greeting"})
"""They make the first persona; once the owner has one of his own, that is edited instead."""
MEANT: Final = dict.fromkeys(("true", "yes", "on", "да"), True) | dict.fromkeys(("false", "no", "off", "нет"), False)


def restarts(key: str) -> tuple[str, ...]:
    """Units that must start anew before a change of `key` works; empty where it works by itself, soon or from the next
    call on."""
    if key in AT_ONCE:
        return ()
    section = key.partition(".")[0]
    if section in READ_AGAIN and key not in READ_AGAIN[section]:
        return ()
    return EVERYWHERE if section in ALL_READ else READERS.get(section, ("secretaryd",))


def known_keys() -> dict[str, Any]:
    """Every key and the type of its values."""
    found = {}
    for section in dataclasses.fields(Config):
        kind = cast(type, get_type_hints(Config)[section.name])
        for name, hint in get_type_hints(kind).items():
            found[f"{section.name}.{name}"] = hint
    return found


def key_of(text: str) -> str:
    """A key that may be set. Raises ConfigError."""
    keys = known_keys()
    if text not in keys:
        raise ConfigError([unknown(text, list(keys)).at(text)])
    if text in FIXED:
        raise ConfigError([Reason("fixed").at(text)])
    return text


def value_of(key: str, text: str) -> Any:
    """What a word on the command line means for that key: numbers, true or false, JSON for lists, else the word itself.
    Raises ConfigError for an unknown key or a value that cannot be read."""
    kind = known_keys()[key_of(key)]
    if kind is bool:
        if text.lower() not in MEANT:
            raise ConfigError([Reason("bool", shown=f"{text!r:.60}").at(key)])
        return MEANT[text.lower()]
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigError([Reason("whole", shown=f"{text!r:.60}").at(key)]) from None
    if get_origin(kind) is tuple:
        try:
            return json.loads(text)
        except ValueError as error:
            raise ConfigError([Reason("json_list", why=error).at(key)]) from error
    return text


def with_value(text: str, key: str, value: Any) -> str:
    """The settings with that key set, the rest as it was. Raises ConfigError where the text is no TOML."""
    document = _document(text)
    section, _, name = key.partition(".")
    table = document.setdefault(section, tomlkit.table())
    try:
        table[name] = _plain(value)
    except (TOMLKitError, RecursionError) as error:  # null, wherever it stands
        raise ConfigError([Reason("no_value").at(key)]) from error
    return tomlkit.dumps(document)


def without_value(text: str, key: str) -> str:
    """The settings without that key; a section that is left empty goes too. Raises ConfigError where the key is not set
    or the text is no TOML."""
    document = _document(text)
    section, _, name = key.partition(".")
    table = document.get(section)
    if not isinstance(table, dict) or name not in table:
        raise ConfigError([Reason("not_set", file=SETTINGS).at(key)])
    del table[name]
    if not table:
        del document[section]
    return tomlkit.dumps(document)


def values_in(text: str) -> Mapping[str, Any]:
    """The layer that this text is. Raises ConfigError where it is no TOML."""
    return cast(Mapping[str, Any], _document(text).unwrap())


def overridden(key: str, environ: Mapping[str, str]) -> str:
    """The environment variable that hides the setting, or ""."""
    section, _, name = key.partition(".")
    variable = f"SECRETARYD__{section}__{name}".upper()
    return variable if variable in environ else ""


def _document(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ConfigError([Reason("not_toml", why=error).at(SETTINGS)]) from error


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value

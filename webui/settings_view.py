"""The settings that an owner changes, in groups: pure. What they may be is known by the core alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "call": ("call.answer_after_rings", "call.max_seconds", "call.record"),
    "keep": (
        "keep.audio_days", "keep.text_days", "keep.audit_days", "keep.format", "keep.warn_percent",
        "keep.purge_percent",
    ),
    "sms": (
        "sms.enabled", "sms.owner", "sms.missed_text", "sms.busy_text", "sms.broken_text", "sms.confirm_text",
        "sms.reply_hours", "sms.daily_cap", "sms.quiet_hours", "sms.allow",
    ),
    "dial": (
        "dial.enabled", "dial.calls_a_day", "dial.minutes_a_day", "dial.ring_seconds", "dial.call_back",
        "dial.call_back_hours", "dial.allow",
    ),
    "backup": ("backup.nightly", "backup.at", "backup.recordings", "backup.keep_daily", "backup.keep_weekly"),
    "sim": ("sim.number", "sim.balance_low", "sim.balance_every_hours", "sim.balance_code"),
    "box": ("box.timezone", "box.language", "logs.level"),
}  # fmt: skip
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "keep.format": ("opus", "mp3", "flac", "wav"),
    "dial.call_back": ("ask", "always"),
    "box.language": ("ru", "en"),
    "logs.level": ("debug", "info", "warning", "error"),
}
WHOLE: Final = re.compile(r"-?[0-9]{1,12}")
LONG: Final = frozenset({"sms.missed_text", "sms.busy_text", "sms.broken_text", "sms.confirm_text"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. `kind`: "switch", "choice", "number", "list", "long" or "line"; `value` as a form holds it."""

    key: str
    kind: str
    value: str
    on: bool
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in one form."""

    name: str
    settings: tuple[Setting, ...]


def groups(config: Mapping[str, Any], say: Texts) -> list[Group]:
    """Of the configuration in force; keys that this box does not know are left out."""
    found = [Group(name, tuple(_settings(config, keys, say))) for name, keys in KEYS.items()]
    return [group for group in found if group.settings]


def others(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every other key with its value, to be read."""
    shown = {key for keys in KEYS.values() for key in keys}
    rows = []
    for section, keys in config.items():
        for name, value in keys.items() if isinstance(keys, Mapping) else ():
            if f"{section}.{name}" not in shown:
                rows.append((f"{section}.{name}", as_typed(value)[:200]))
    return rows


def value_of(config: Mapping[str, Any], key: str) -> Any:
    """What is in force; None for a key that is not there."""
    section, _, name = key.partition(".")
    keys = config.get(section)
    return keys.get(name) if isinstance(keys, Mapping) else None


def as_typed(value: Any) -> str:
    """As it stands in a form."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return str(value)


def wanted(now: Any, typed: str) -> Any:
    """What was typed, as the kind of value that is there now; what is no number stays text, and the core refuses."""
    if isinstance(now, bool):
        return typed == "1"
    if isinstance(now, list | tuple):
        return [one.strip() for one in typed.split("\n") if one.strip()]
    if isinstance(now, int) and WHOLE.fullmatch(typed):
        return int(typed)
    return typed


def _settings(config: Mapping[str, Any], keys: tuple[str, ...], say: Texts) -> list[Setting]:
    found = []
    for key in keys:
        value = value_of(config, key)
        if value is None:
            continue
        choices = tuple((one, say.known(f"settings.choice.{one}") or one) for one in CHOICES.get(key, ()))
        found.append(Setting(key, _kind(key, value), as_typed(value), value is True, choices))
    return found


def _kind(key: str, value: Any) -> str:
    if key in CHOICES:
        return "choice"
    if key in LONG:
        return "long"
    if isinstance(value, bool):
        return "switch"
    if isinstance(value, list | tuple):
        return "list"
    return "number" if isinstance(value, int) else "line"

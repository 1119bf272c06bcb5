"""What of the predecessor's presets a persona of this box can be. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from secretaryd.answer.persona import MAX_CHARS
from secretaryd.answer.template import PERSONA_FIELDS, parse_template

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "style": ("system_prompt", "prompt", "instructions", "style", "personality", "text", "промпт", "стиль"),
    "greeting": ("greeting", "welcome", "welcome_message", "hello", "приветствие"),
    "name": ("persona_name", "assistant_name", "character", "имя"),
    "company": ("company", "company_name", "organization", "компания"),
}
"""Field of a persona to the names that it may have had."""
LABELS: Final = ("name", "title", "id", "название")
"""They name the preset itself."""


@dataclass(frozen=True, slots=True)
class Preset:
    """`fields` are what a persona takes over; `shortened`: those that were longer than a persona's may be; `unused`:
    the names of everything else."""

    key: str
    fields: dict[str, str]
    shortened: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def preset_of(key: str, body: Mapping[str, Any]) -> Preset:
    """`key` is the preset's own name."""
    fields: dict[str, str] = {}
    shortened, used = [], set(LABELS)
    for field, names in KEYS.items():
        for name in names:
            value = body.get(name)
            if not isinstance(value, str) or not value.strip():
                continue
            text, whole = _fitting(" ".join(value.split()))
            if field != "greeting" or _speakable(text):
                fields[field] = text
                used.add(name)
                shortened += [] if whole else [field]
            break
    return Preset(key, fields, tuple(shortened), tuple(sorted(str(each) for each in body if each not in used)))


def _fitting(text: str) -> tuple[str, bool]:
    """Cut after its last whole sentence, or word, that fits; whether all of it does."""
    if len(text) <= MAX_CHARS:
        return text, True
    cut = text[:MAX_CHARS]
    ends = [cut.rfind(mark) + 1 for mark in (". ", "! ", "? ")]
    end = max(ends) if max(ends) > MAX_CHARS // 2 else max(cut.rfind(" "), 1)
    return cut[:end].strip(), False


def _speakable(text: str) -> bool:
    """Whether it can be a greeting: nothing in braces but what a greeting may have."""
    try:
        return parse_template(text).fields <= PERSONA_FIELDS
    except ValueError:
        return False

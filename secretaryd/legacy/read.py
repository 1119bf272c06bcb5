"""The predecessor's JSON files. Only their names are known for certain, so that every plausible shape is understood and
everything else is refused with its reason. PURE.

typical_responses.json  {"question": "answer"}, by topic or not; or a list of objects with a question and an answer
custom_presets.json     {"name": "prompt"} or {"name": {...}}; or a list of objects with a name
widget_config.json      one object
telegram_config.json    one object
chat_sessions.json      {"id": [messages]} or {"id": {"messages": [...]}}; or a list of objects with messages
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from secretaryd.legacy.items import FAQ, SECRET, Haul, digest

MAX_BYTES: Final = 64 << 20
MAX_DEPTH: Final = 12
ENCODINGS: Final = ("utf-8-sig", "cp1251")
QUESTION: Final = ("question", "questions", "q", "trigger", "triggers", "pattern", "patterns", "keywords", "variants")
QUESTION_RU: Final = ("вопрос", "вопросы")
ANSWER: Final = ("answer", "response", "responses", "reply", "a", "text", "ответ")
WRAPPERS: Final = ("responses", "typical_responses", "items", "entries", "faq", "data", "presets", "sessions", "chats")
NAME: Final = ("name", "title", "id", "название", "имя")
MESSAGES: Final = ("messages", "history", "dialog", "сообщения")
WORDS: Final = ("text", "content", "message", "body")
AUTHOR: Final = ("role", "author", "from", "sender", "who")
SECRETIVE: Final = re.compile(r"(?:^|_)(?:token|secret|password|passwd|pass|api_?key|apikey|key)$", re.IGNORECASE)
BOT_TOKEN: Final = ("token", "bot_token", "api_token", "telegram_token", "telegram_bot_token")


def read(files: Mapping[str, bytes]) -> Haul:
    """`files`: contents by name. What is not one of the five is not looked at."""
    haul = Haul()
    for name, reader in READERS.items():
        if name not in files:
            continue
        found = _json(name, files[name], haul)
        if found is not None:
            reader(name, found, haul)
    return haul


def _json(name: str, raw: bytes, haul: Haul) -> Any:
    """None where it was refused."""
    if len(raw) > MAX_BYTES:
        haul.refuse(name, "", f"the file is larger than {MAX_BYTES >> 20} MB")
        return None
    for encoding in ENCODINGS:
        try:
            found = json.loads(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError) as error:
            haul.refuse(name, "", f"it is not JSON: {str(error)[:100]}")
            return None
        if not isinstance(found, dict | list) or _depth(found) > MAX_DEPTH:
            haul.refuse(name, "", "it holds neither an object nor a list, or one too deep")
            return None
        return found
    haul.refuse(name, "", "its text is neither UTF-8 nor Windows-1251")
    return None


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        inner = [
            list(each.values()) if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)
        ]
        level = [one for each in inner for one in each]
    return depth


def _responses(source: str, found: Any, haul: Haul) -> None:
    for key, name, one in _entries(_unwrapped(found)):
        if isinstance(one, dict) and not _first(one, (*QUESTION, *QUESTION_RU)) and not _first(one, ANSWER):
            for question, answer in one.items():  # by topic
                _question(source, f"{key}: {question}", question, answer, haul)
        elif isinstance(one, dict):
            asked = _first(one, (*QUESTION, *QUESTION_RU)) or name
            _question(source, key, asked, _first(one, ANSWER), haul)
        else:
            _question(source, key, name, one, haul)


def _question(source: str, key: str, asked: Any, answer: Any, haul: Haul) -> None:
    wordings = [asked] if isinstance(asked, str) else asked
    if not isinstance(wordings, list) or not all(isinstance(one, str) for one in wordings):
        return haul.refuse(source, key, "the question is no text")
    variants = list(dict.fromkeys(filter(None, (_as_heard(one) for one in wordings))))
    if not variants:
        return haul.refuse(source, key, "there is no question")
    if isinstance(answer, list) and answer and all(isinstance(one, str) for one in answer):
        if len(answer) > 1:
            haul.refuse(source, key, f"only the first of {len(answer)} answers is taken")
        answer = answer[0]
    if not isinstance(answer, str) or not answer.strip():
        return haul.refuse(source, key, "there is no answer, or it is no text")
    if haul.asked & set(variants):
        return haul.refuse(source, key, "the same question stands there twice")
    entry = {"id": f"legacy-{digest(variants[0])}", "variants": variants, "answer": " ".join(answer.split())}
    haul.asked.update(variants)
    return haul.take(source, key, FAQ, entry)


def _as_heard(text: str) -> str:
    """As a recogniser writes: small letters, no punctuation."""
    return " ".join(re.sub(r"[^\w\s-]", " ", text.lower().replace("ё", "е")).split())


def _presets(source: str, found: Any, haul: Haul) -> None:
    for key, label, one in _entries(_unwrapped(found)):
        body = {"prompt": one} if isinstance(one, str) else one
        name = _first(body, NAME) if isinstance(body, dict) else None
        if not isinstance(body, dict) or not body:
            haul.refuse(source, key, "a preset is a text or an object")
        elif not label and not isinstance(name, str):
            haul.refuse(source, key, "it has no name")
        else:
            label = label or str(name)
            haul.take(source, label, "preset", _without_secrets(source, "preset", f"{digest(label)}_", body, haul))


def _config(kind: str) -> Callable[[str, Any, Haul], None]:
    def reader(source: str, found: Any, haul: Haul) -> None:
        if not isinstance(found, dict):
            return haul.refuse(source, "", "it is no object")
        body = _without_secrets(source, kind, "", found, haul)
        return haul.take(source, kind, kind, body) if body else None

    return reader


def _without_secrets(source: str, kind: str, place: str, found: dict[str, Any], haul: Haul) -> dict[str, Any]:
    """A copy in which secrets are named instead of told."""
    body: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            body[key] = _without_secrets(source, kind, f"{place}{key}_", value, haul)
        elif isinstance(value, list):
            body[key] = [
                _without_secrets(source, kind, f"{place}{key}_{n}_", one, haul) if isinstance(one, dict) else one
                for n, one in enumerate(value)
            ]
        elif isinstance(value, str) and value and SECRETIVE.search(key):
            name = _secret_name(kind, place + key)
            haul.take(source, name, SECRET, {"value": value})
            body[key] = {"secret": name}
        else:
            body[key] = value
    return body


def _secret_name(kind: str, place: str) -> str:
    if kind == "telegram" and place.lower() in BOT_TOKEN:
        return "telegram_bot_token"
    return re.sub(r"[^a-z0-9._-]+", "-", f"{kind}_{place}".lower()).strip("-")[:60]


def _chats(source: str, found: Any, haul: Haul) -> None:
    for key, name, one in _entries(_unwrapped(found)):
        listed = one if isinstance(one, list) else _first(one, MESSAGES) if isinstance(one, dict) else None
        if not isinstance(listed, list):
            haul.refuse(source, key, "it has no messages")
            continue
        messages = [_message(each) for each in listed]
        if wrong := sum(each is None for each in messages):
            haul.refuse(
                source, key, f"{wrong} of its {len(messages)} messages are not understood, the others are taken"
            )
        kept = [each for each in messages if each is not None]
        if not kept:
            haul.refuse(source, key, "it holds no message")
            continue
        rest = {k: v for k, v in one.items() if k not in MESSAGES} if isinstance(one, dict) else {}
        label = name or str(_first(rest, ("id", "session_id", "chat_id")) or digest(json.dumps(kept)))
        haul.take(source, label, "chat", {"messages": kept, "about": rest})


def _message(one: Any) -> dict[str, Any] | None:
    if isinstance(one, str):
        return {"who": "", "text": one} if one.strip() else None
    if not isinstance(one, dict):
        return None
    text, who = _first(one, WORDS), _first(one, AUTHOR)
    if not isinstance(text, str) or not isinstance(who, str | None):
        return None
    rest = {k: v for k, v in one.items() if k not in (*WORDS, *AUTHOR) and isinstance(v, str | int | float)}
    return {"who": who or "", "text": text, **({"about": rest} if rest else {})}


def _unwrapped(found: Any) -> Any:
    """Without an outer object that only names what is in it."""
    if isinstance(found, dict):
        inner = [key for key in WRAPPERS if isinstance(found.get(key), dict | list)]
        if len(inner) == 1 and all(not isinstance(v, dict | list) for k, v in found.items() if k != inner[0]):
            return found[inner[0]]
    return found


def _entries(found: Any) -> Iterator[tuple[str, str, Any]]:
    """(how to call it, name, value); a list's have a number and no name."""
    if isinstance(found, dict):
        yield from ((str(key), str(key), value) for key, value in found.items())
    else:
        yield from ((str(number), "", value) for number, value in enumerate(found, 1))


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of these keys that holds something."""
    return next((found[name] for name in names if found.get(name)), None)


Reader = Callable[[str, Any, Haul], None]
READERS: Final[dict[str, Reader]] = {
    "typical_responses.json": _responses,
    "custom_presets.json": _presets,
    "widget_config.json": _config("widget"),
    "telegram_config.json": _config("telegram"),
    "chat_sessions.json": _chats,
}

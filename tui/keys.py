"""Keys of pages. A letter works on the Russian keyboard layout too, where the same key types another letter."""

from typing import Final

from textual.binding import Binding

LATIN: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,./"
RUSSIAN: Final = "йцукенгшщзхъфывапролджэячсмитьбю."
SAME_KEY: Final = dict(zip(LATIN, RUSSIAN, strict=True))
SHOWN: Final = {
    "escape": "Esc",
    "enter": "Enter",
    "question_mark": "?",
    "slash": "/",
    "ctrl+s": "^S",
    "ctrl+p": "^P",
    "ctrl+q": "^Q",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "left": "←",
    "right": "→",
    "space": "␣",
    "delete": "Del",
    "f1": "F1",
    "f2": "F2",
    "f3": "F3",
    "f4": "F4",
    "f5": "F5",
    "f6": "F6",
    "f7": "F7",
    "f8": "F8",
    "f9": "F9",
    "f10": "F10",
    "f11": "F11",
    "f12": "F12",
}


def bound(key: str, action: str, words: str, *, show: bool = True, priority: bool = False) -> Binding:
    """A binding whose description is a key of the texts: `Keys` and the help show it in the console's language."""
    other = SAME_KEY.get({"slash": "/"}.get(key, key))
    # "/" shares its key with the Russian full stop, which people type in texts only: it is safe as a command.
    keys = key if other is None else f"{_named(key)},{_named(other)}"
    return Binding(keys, action, words, show=show, key_display=SHOWN.get(key, key), priority=priority)


def _named(key: str) -> str:
    return {",": "comma", ".": "full_stop", "/": "slash"}.get(key, key)

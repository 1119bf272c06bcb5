"""What a model's words must look like before a caller hears them: short, plain, no lists, no pictures."""

import re
from typing import Final

from voice.speakable.clean import plain, strip_markup
from voice.speakable.sentences import sentences

MAX_SENTENCES: Final = 2
MAX_CHARS: Final = 300
"""About twenty seconds of speech."""

_BRACKETED = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_ADDRESS = re.compile(r"(?:https?://|(?<!\w)www\.)\S+", re.IGNORECASE)
_LEFT = re.compile(r"[()\[\]{}<>*#|\\^~_=`]")
_PICTURE = re.compile(r"[^\w\s.,!?…:;'\"%$€£₽№°/@&+—\u0301-]")


def for_speech(text: str, max_sentences: int = MAX_SENTENCES, max_chars: int = MAX_CHARS) -> str:
    """The first `max_sentences` sentences of a model's answer, not above `max_chars` characters, without markup, links,
    bracketed asides and pictures. Numbers stay as they are: `Speaker.speak` comes after. Empty if nothing is left."""
    rules = SpeechRules(max_sentences, max_chars)
    taken = [spoken for sentence in sentences(_flat(text)) if (spoken := rules.take(sentence))]
    return " ".join(taken)


class SpeechRules:
    """The same rules for an answer that comes sentence by sentence; one object an answer."""

    def __init__(self, max_sentences: int = MAX_SENTENCES, max_chars: int = MAX_CHARS) -> None:
        self._sentences = max_sentences
        self._chars = max_chars

    @property
    def full(self) -> bool:
        """True when nothing more will be taken: the model may be stopped."""
        return self._sentences <= 0 or self._chars <= 0

    def take(self, sentence: str) -> str:
        """What may be said of `sentence`; empty when it is empty, or the answer is long enough. A clause (no full stop
        at its end) does not count as a sentence."""
        if self.full:
            return ""
        sentence = _flat(sentence)
        if not re.search(r"\w", sentence):
            return ""
        if len(sentence) > self._chars:
            sentence = _shortened(sentence, self._chars)
            self._chars = 0
        self._chars -= len(sentence) + 1
        if sentence.endswith((".", "!", "?", "…")):
            self._sentences -= 1
        return sentence


def _flat(text: str) -> str:
    text = strip_markup(plain(text))
    text = _ADDRESS.sub("", text)
    for _ in range(3):
        text = _BRACKETED.sub("", text)
    text = _PICTURE.sub("", _LEFT.sub("", text))
    lines = [line.strip() for line in text.split("\n")]
    joined = " ".join(line if line[-1:] in ".!?…:;," else line + "." for line in lines[:-1] if line)
    text = f"{joined} {lines[-1]}"
    return re.sub(r"\s+([.,!?…:;])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _shortened(sentence: str, most: int) -> str:
    """Cut at the last clause, else the last space, before `most` characters, and ended with a full stop."""
    head = sentence[: max(1, most - 1)]
    place = max(head.rfind(mark) for mark in (", ", "; ", ": ", " — "))
    if place < len(head) // 2:
        place = head.rfind(" ")
    return head[: place if place > 0 else len(head)].rstrip(" ,;:—-.") + "."

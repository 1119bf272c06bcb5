"""A model's words on their way to the voice: only sentences that may be said come out. PURE."""

from typing import Final

from secretaryd.answer.broker import CallState, dismisses, promises_transfer
from secretaryd.answer.grounding import Ground
from secretaryd.answer.marks import Mark, MarkFilter
from voice.speakable.sentences import SentenceSplitter

MAX_SENTENCES: Final = 2
MAX_CHARS: Final = 320
TAIL_DELTAS: Final = 16
"""Pieces still read after the last sentence that is said: the marks stand at the end."""


class Speech:
    """A model's raw words in; sentences that may be said out, marks aside."""

    def __init__(self, ground: Ground, state: CallState) -> None:
        self.marks: list[Mark] = []
        self.refused = ""
        self.promised = False
        self._ground, self._state = ground, state
        self._filter, self._splitter = MarkFilter(), SentenceSplitter()
        self.whole = True
        """What has been said so far ends where a sentence ends."""
        self._sentences, self._chars, self._tail = 0, 0, 0

    @property
    def over(self) -> bool:
        """Nothing further will be said and the marks have had their chance."""
        return bool(self.refused) or self.promised or self._tail > TAIL_DELTAS

    def feed(self, delta: str) -> list[str]:
        """The sentences that became whole."""
        if self._full():
            self._tail += 1
        out: list[str] = []
        for part in self._filter.feed(delta):
            if isinstance(part, Mark):
                self.marks.append(part)
            else:
                out += self._splitter.feed(part)
        return self._allowed(out)

    def flush(self) -> list[str]:
        """The rest."""
        self._filter.close()
        return self._allowed(self._splitter.flush())

    def _full(self) -> bool:
        return self._sentences >= MAX_SENTENCES or self._chars >= MAX_CHARS

    def _allowed(self, sentences: list[str]) -> list[str]:
        said: list[str] = []
        for sentence in sentences:
            if self._full() or self.refused or self.promised:
                break
            if promises_transfer(sentence):
                self.promised = True
            elif dismisses(sentence, self._state):
                self.refused = "the model sent the caller away"
            elif not self._chars and self._ground.off_subject(sentence):
                self.refused = "the model spoke of something else"
            elif stray := self._ground.stray(sentence):
                self.refused = f"the model made up {stray!r}"
            elif any(char.isalnum() for char in sentence):
                said.append(sentence)
                # A clause that the splitter gives early for the voice's sake is not a sentence yet.
                self.whole = sentence[-1] in ".!?…"
                self._sentences += self.whole
                self._chars += len(sentence)
        return said

"""What a caller asks to be done, in free words: to be put through, to be called back, to leave a message. PURE."""

from typing import Final

from secretaryd.answer.topics_table import Topics
from secretaryd.answer.words import Lemmas

ENOUGH: Final = 0.7
MAX_WORDS: Final = 40


class Requests:
    """The table of requests out of topics/<language>.toml. Their names are ids of FAQ entries, which hold the answers
    and what follows from them."""

    def __init__(self, topics: Topics, lemmas: Lemmas) -> None:
        self._lemmas, self._topics = lemmas, topics

    def of(self, heard: str) -> str | None:
        """The likeliest request in a phrase; None where there is none."""
        best, name = 0.0, None
        for tokens in self._lemmas.readings(heard):
            places = self._topics.read(tokens[:MAX_WORDS])
            for request, topic in self._topics.requests.items():
                if (weight := topic.weigh(places)[0]) > max(best, ENOUGH):
                    best, name = weight, request
        return name

"""How long an answer of a model is waited for, piece by piece, so that the caller never hears silence for long. PURE:
the clock is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

CHARACTERS_A_SECOND: Final = 14.0
"""What the voice says of a text meanwhile."""


@dataclass(frozen=True, slots=True)
class PatiencePolicy:
    """Seconds; the first two from the caller's last sound."""

    first_token: float = 2.0
    """The caller hears something within 2.5 s of a question: what is left of that pays for the next rung's voice."""
    first_words: float = 2.2
    """... and so long until there is something to say: a slow model's first token is far from its first sentence."""
    least: float = 0.8
    """... but the model gets so much in any case, however late it was asked."""
    next_token: float = 2.0
    gap: float = 2.0
    """Between the end of what was said and the next piece to say."""
    filler: float = 1.8
    """What a filler adds to the time until the first words: how long it takes to say."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How an answer stands in time when it is begun. `waited`: seconds since the caller's last sound; `filler`: one may
    be said before it; `ask`: there is time to ask a model at all."""

    waited: float = 0.0
    filler: bool = False
    ask: bool = True


ON_TIME: Final = Timing()


class Patience:
    """For one answer; used once."""

    def __init__(
        self, policy: PatiencePolicy, clock: Callable[[], float], *, waited: float = 0.0, filler: bool = False
    ) -> None:
        """`waited`: since the caller's last sound; `filler`: one is said while the model thinks."""
        self._policy, self._clock = policy, clock
        self._began = self._spoken_until = clock()
        self._more = (policy.filler if filler else 0.0) - waited
        self._token = self._said = False

    @property
    def first_token(self) -> float:
        """Until the first token, seconds from the asking."""
        return max(self._policy.least, self._policy.first_token + self._more)

    @property
    def first_words(self) -> float:
        """Until there is something to say, likewise."""
        return max(self._policy.least, self._policy.first_words + self._more)

    def token(self) -> None:
        """A piece of text came, of whatever size."""
        self._token = True

    def said(self, text: str) -> None:
        """A sentence was given to the voice."""
        self._spoken_until = max(self._spoken_until, self._clock()) + len(text) / CHARACTERS_A_SECOND
        self._said = True

    def taken(self) -> None:
        """The voice has room for more: until now, nothing was waited for."""
        self._spoken_until = max(self._spoken_until, self._clock())

    @property
    def left(self) -> float:
        """Seconds that the next piece may take; 0.0 where none are left."""
        now, policy = self._clock(), self._policy
        if self._said:
            return max(0.0, min(policy.next_token, self._spoken_until + policy.gap - now))
        if not self._token:
            return max(0.0, self._began + self.first_token - now)
        return max(0.0, min(policy.next_token, self._began + self.first_words - now))

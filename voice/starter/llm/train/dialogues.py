"""What the chat model learns from, as much as asked for; a seed fixes it."""

import random

from voice.starter.llm.train.english import EnglishCall
from voice.starter.llm.train.focused import FocusedCall
from voice.starter.llm.train.russian import RussianCall, Turn

ENGLISH_SHARE = 0.005
FOCUSED_SHARE = 0.97


def dialogue(rng: random.Random, held_out: bool = False, short: bool = False, long: bool = False) -> list[Turn]:
    """A prompt in the product's format with one answer, or (seldom) a whole call over a prompt with many facts: a system
    message, then turns of user and assistant."""
    if rng.random() < FOCUSED_SHARE:
        return FocusedCall(rng, held_out).turns
    return whole_call(rng, held_out, short, long)


def whole_call(rng: random.Random, held_out: bool = False, short: bool = False, long: bool = False) -> list[Turn]:
    """One call over a prompt with all its facts."""
    if rng.random() < ENGLISH_SHARE / (1 - FOCUSED_SHARE):
        return EnglishCall(rng).turns
    return RussianCall(rng, held_out, short, long).turns

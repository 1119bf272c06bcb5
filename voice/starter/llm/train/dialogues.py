"""Synthetic calls to a telephone secretary, as many as asked for; a seed fixes them."""

import random

from voice.starter.llm.train.english import EnglishCall
from voice.starter.llm.train.russian import RussianCall, Turn

ENGLISH_SHARE = 0.07


def dialogue(rng: random.Random, held_out: bool = False, short: bool = False, long: bool = False) -> list[Turn]:
    """One call: a system message, then turns of user and assistant."""
    if rng.random() < ENGLISH_SHARE:
        return EnglishCall(rng).turns
    return RussianCall(rng, held_out, short, long).turns

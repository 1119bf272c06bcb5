"""The same again: sequences of any tokens twice over, so that training does not wear the copying circuit away."""

import random

SHORTEST, LONGEST = 6, 48
FIRST_TOKEN = 3


def repeated(rng: random.Random, vocabulary: int) -> tuple[list[int], list[int]]:
    """Ids and marks as from `encode`: only the second half, which the first half foretells, is to be learnt."""
    once = [rng.randrange(FIRST_TOKEN, vocabulary) for _ in range(rng.randint(SHORTEST, LONGEST))]
    between = [rng.randrange(FIRST_TOKEN, vocabulary) for _ in range(rng.randint(0, 12))]
    ids = once + between + once
    marks = [0] * (len(once) + len(between) + 1) + [1] * (len(once) - 1)
    return ids, marks

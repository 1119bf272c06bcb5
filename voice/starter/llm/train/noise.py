"""What recognition does to a caller's words."""

import random

from voice.starter.llm.train.facts import W


def noise(rng: random.Random, s: str, p: float = 1.0, keep: bool = False) -> str:
    """A caller's phrase as a recogniser brings it: no ё, fillers, lost, doubled and misheard pieces.

    `p` scales how much; `keep` leaves the words as they are (numbers must survive).
    """
    s = s.lower()
    if rng.random() < 0.5:
        s = s.replace("ё", "е")
    w = s.split()
    if not keep:
        if rng.random() < 0.35 * p:
            w = rng.choice(W["fillers"]).split() + w
        if rng.random() < 0.15 * p:
            w = w + rng.choice(W["tails"]).split()
        if len(w) > 3 and rng.random() < 0.10 * p:
            w.pop(rng.randrange(len(w)))
        if rng.random() < 0.05 * p and len(w) > 1:
            i = rng.randrange(len(w))
            w.insert(i, w[i])
        if rng.random() < 0.12 * p:
            i = rng.randrange(len(w))
            t = w[i]
            if len(t) > 3:
                j = rng.randrange(len(t))
                c = W["misheard"].get(t[j], "")
                w[i] = t[:j] + c + t[j + 1 :]
    return " ".join(w)

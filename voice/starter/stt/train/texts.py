"""Which sentences are spoken by whom, which train the language model, which are held out for tests."""

import json
import random
from pathlib import Path

from voice.starter.stt.train.sentences import AddedGrammar, Grammar, added_vocabulary, vocabulary

LM_SENTENCES = 60_000
TEST_SENTENCES = 200
ESPEAK_SENTENCES, ESPEAK_MIXES = 5200, 900
FESTIVAL_SENTENCES, FESTIVAL_MIXES = 900, 250
ADDED_LM_SENTENCES, ADDED_TESTS = 20_000, 150


def make_texts(share: float = 1.0) -> dict[str, object]:
    """All text of the first vocabulary. `share` below 1 makes less of the training text, for a trial run.

    The test sentences (two words or more) occur at most once in the language model's text and never in what trains the
    network, so a result on them is not a result on memory.
    """
    words = vocabulary()
    pool = _draw(2024, LM_SENTENCES)
    seen = {}
    for sentence in pool:
        seen[sentence] = seen.get(sentence, 0) + 1
    test: list[str] = []
    grammar = Grammar(random.Random(777))
    while len(test) < TEST_SENTENCES:
        sentence = " ".join(grammar.sentence())
        if " " in sentence and seen.get(sentence, 0) <= 1 and sentence not in test:
            test.append(sentence)
    natural = _draw(778, TEST_SENTENCES)
    rng = random.Random(4242)
    grammar = Grammar(rng)

    def draw(count: int) -> list[str]:
        out: list[str] = []
        while len(out) < round(count * share):
            sentence = " ".join(grammar.sentence())
            if sentence and sentence not in test:
                out.append(sentence)
        return out

    def mix(count: int) -> list[str]:  # coverage of every word, independent of the templates
        return [" ".join(rng.sample(words, rng.randint(1, 5))) for _ in range(round(count * share))]

    some = words if share == 1 else words[: max(20, round(len(words) * share))]
    espeak = draw(ESPEAK_SENTENCES) + mix(ESPEAK_MIXES) + some
    festival = draw(FESTIVAL_SENTENCES) + mix(FESTIVAL_MIXES)
    festival += [" ".join(some[i : i + 3]) for i in range(0, len(some), 3)]
    return {
        "vocabulary": words,
        "test": test,
        "natural": natural,
        "espeak": espeak,
        "festival": festival,
        "lm": [sentence for sentence in pool if sentence not in set(test)],
    }


def make_added_texts() -> dict[str, object]:
    """Text of the words that the network never hears."""
    base = set(vocabulary())
    added = [word for word in added_vocabulary() if word not in base]
    rng = random.Random(31)
    grammar = AddedGrammar(rng)
    pool = [" ".join(grammar.sentence()) for _ in range(ADDED_LM_SENTENCES)]
    unique = sorted(set(pool))
    rng.shuffle(unique)
    test = [sentence for sentence in unique if set(sentence.split()) & set(added)][:ADDED_TESTS]
    return {"vocabulary": added, "lm": pool, "test": test, "say": added + unique[:700]}


def write_texts(work: Path, share: float = 1.0) -> None:
    """Writes texts.json and texts_added.json."""
    for name, texts in (("texts.json", make_texts(share)), ("texts_added.json", make_added_texts())):
        (work / name).write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
        print(name, {key: len(value) for key, value in texts.items()})


def read_texts(work: Path, name: str = "texts.json") -> dict[str, list[str]]:
    return json.loads((work / name).read_text("utf-8"))


def _draw(seed: int, count: int) -> list[str]:
    grammar = Grammar(random.Random(seed))
    return [" ".join(grammar.sentence()) for _ in range(count)]

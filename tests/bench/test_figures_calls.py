from collections import Counter

from tests.bench.conversations_scene import CLEAN, HELD
from tests.bench.figures import APART
from tests.bench.figures_calls import COLOURED, line_of


def names(numbers):
    return [(str(sorted(line_of(number)[0].items())), line_of(number)[1]) for number in numbers]


def test_every_network_meets_every_voice_equally_often():
    met = Counter(names(range(96)))
    clean = {name: count for name, count in met.items() if CLEAN in name[0]}
    assert set(clean.values()) == {48 // len(HELD)}
    others = [count for name, count in met.items() if name not in clean]
    assert len(others) == len(COLOURED) * len(HELD)
    assert set(others) == {2}


def test_the_parts_begin_with_the_same_networks_and_other_voices():
    parts = [names(range(first + 1, first + 2 * len(COLOURED), 2)) for first in (0, APART, 2 * APART)]
    assert len({tuple(network for network, _ in part) for part in parts}) == 1
    assert all(len(set(row)) == len(parts) for row in zip(*parts, strict=True))

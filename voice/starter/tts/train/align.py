"""Puts piper's espeak-ng symbols on the human recordings: which frames each symbol lasts.

Text (with the corpus's stress marks) goes through Piper's own espeak-ng, its symbols become units, and a dynamic programme
aligns the units with the phones of festvox-ru's labels (mean cost 0.03 a phone). Where espeak-ng stresses another vowel
than the reader did, an acute is put on the reader's and the sentence is phonemised again.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from piper.phonemize_espeak import EspeakPhonemizer

from voice.starter.tts.train.maps import RECORDINGS

FRAMES_PER_SECOND = 100.0
WORST_COST = 0.35
"""Mean cost per phone above which an utterance is dropped."""
LEAD, TAIL = 0.10, 0.20
"""Seconds of silence kept around a sentence."""

VOWELS = set("aɑʌoueiyɪɛɵə")
MODIFIERS = set('ʲ"^ː')
STRESSES = set("ˈˌ")
CONSONANTS = {
    **{letter: letter for letter in "pbtdkfvszmnrj"},
    **{"ɡ": "g", "ʃ": "sh", "ʒ": "zh", "x": "h", "ŋ": "n", "ɭ": "l", "ɕ": "sch", "ʑ": "zz"},
}
SOFT = {hard: hard * 2 for hard in "pbtdkgfvszhmnlr"}
HARD = {soft: hard for hard, soft in SOFT.items()}
DEVOICED = {"b": "p", "d": "t", "g": "k", "v": "f", "z": "s", "zh": "sh"}
VOWEL_LABELS = {  # espeak-ng's vowel -> the label it has stressed, and the class it has unstressed
    **{vowel: ("aa", "a") for vowel in "ɑaʌ"},
    **{"o": ("oo", "a"), "ɵ": ("oo", "oo"), "u": ("uu", "u"), "e": ("ee", "e"), "ɛ": ("ee", "e")},
    **{"i": ("ii", "i"), "ɪ": ("ii", "i"), "y": ("yy", "y"), "ə": ("aa", "ay")},
}
STRESSED_LABELS = set("aa oo uu ee ii yy".split())
LABEL_VOWELS = STRESSED_LABELS | set("a e i y u ae ay ur".split())
UNSTRESSED = {
    "a": {"a", "ay", "ae", "aa"},
    "e": {"e", "ae", "i", "ay"},
    "i": {"i", "ae", "y", "ay", "e"},
    "y": {"y", "ay", "i", "ae"},
    "u": {"u", "ur", "uu"},
    "ay": {"ay", "ae", "a"},
}


CLOSE = [set(pair.split("/")) for pair in "s/sh z/zh sch/sh sch/s c/s ch/sh c/t ch/t n/m s/zh g/v".split()]
"""Consonants that readers put in each other's place."""
WORD = re.compile(r"[а-яёА-ЯЁ\u0301]+(?:-[а-яёА-ЯЁ\u0301]+)*")
VOWEL_LETTERS = "аеёиоуыэюяАЕЁИОУЫЭЮЯ"
ACUTE = "\u0301"
PAUSE, EDGE = "pau", "#"


@dataclass(slots=True)
class Unit:
    """A sound or a separator of the symbol sequence."""

    kind: str
    """v(owel), c(onsonant) or s(eparator)."""
    key: str
    symbol: int
    """Index in the sentence's symbols; -1 for the edge before the first sentence."""
    stressed: bool = False
    sentence: int = 0


@dataclass(slots=True)
class Label:
    """A phone of the recording, in seconds."""

    name: str
    start: float
    end: float


Step = tuple[tuple[int, int], tuple[int, int]]
"""From (units, labels) done to (units, labels) done."""


@dataclass(slots=True)
class Alignment:
    """One way to read a text, laid over the recording."""

    sentences: list[list[str]]
    units: list[Unit]
    cost: float
    path: list[Step]

    @property
    def phones(self) -> int:
        return sum(unit.kind != "s" for unit in self.units)


def parse(symbols: list[str], sentence: int) -> list[Unit]:
    """Symbols of one sentence to units; stress marks and modifiers go into the unit they belong to."""
    units: list[Unit] = []
    stressed = False
    for number, symbol in enumerate(symbols):
        if symbol in STRESSES:
            stressed = symbol == "ˈ"
        elif symbol in MODIFIERS:
            if units and units[-1].kind == "c" and symbol in "ʲ^":
                units[-1].key = SOFT.get(units[-1].key, units[-1].key)
        elif symbol in VOWELS:
            units.append(Unit("v", symbol, number, stressed, sentence))
            stressed = False
        elif symbol in CONSONANTS:
            units.append(Unit("c", CONSONANTS[symbol], number, False, sentence))
        else:
            units.append(Unit("s", symbol, number, False, sentence))
    return units


def hard(label: str) -> str:
    return HARD.get(label, label)


def unvoiced(label: str) -> str:
    return DEVOICED.get(label, label)


def match_cost(unit: Unit, label: str) -> float:
    """How badly a label fits a unit: 0 the same, above 2 another sound."""
    if unit.kind == "s":
        return 9 if label != PAUSE else 0.0 if unit.key in ",.!?:;#" else 0.5
    if label == PAUSE:
        return 4
    if unit.kind == "v":
        if label not in LABEL_VOWELS:
            return 1.2 if label == "j" and unit.key in "iɪ" else 3
        full, weak = VOWEL_LABELS[unit.key]
        if unit.stressed:
            return 0 if label == full else 0.5 if label in STRESSED_LABELS else 0.7
        return 0 if label in UNSTRESSED.get(weak, {weak}) else 0.6
    if label in LABEL_VOWELS:
        return 1.2 if unit.key == "j" and label in ("i", "ii", "ae") else 3
    if label == unit.key:
        return 0
    ours, theirs = hard(unit.key), hard(label)
    if ours == theirs:
        return 0.3
    if unvoiced(ours) == unvoiced(theirs):
        return 0.4
    return 0.7 if {ours, theirs} in CLOSE else 2.0


def skip_cost(unit: Unit) -> float:
    """A unit that the reader did not say."""
    if unit.kind == "s":
        return {" ": 0.0, ",": 0.7, ":": 0.7, ";": 0.7, EDGE: 1.5}.get(unit.key, 1.0)
    return 0.7 if unit.key == "j" else 1.3


def extra_cost(label: str) -> float:
    """A label that the text has no unit for."""
    return {PAUSE: 1.2, "j": 0.8}.get(label, 1.4)


def merge_cost(first: Unit, second: Unit, label: str) -> float:
    """Two consonants said as one: тс as ц, сч as щ, double ones."""
    if first.kind != "c" or second.kind != "c":
        return 9
    a, b = hard(first.key), hard(second.key)
    if (label == "c" and a in "td" and b in ("s", "c")) or (label == "ch" and a in "td" and b in ("sh", "sch")):
        return 0
    if label == "sch" and b in ("sh", "sch") and a in ("s", "sh", "z", "zh", "sch"):
        return 0.2
    if a == b == hard(label):
        return 0.1
    return 0.4 if b == hard(label) and unvoiced(a) == unvoiced(b) else 9


def cheapest_path(units: list[Unit], names: list[str]) -> tuple[float, list[Step]]:
    """Dynamic programming over (units done, labels done)."""
    rows, columns = len(units), len(names)
    best = np.full((rows + 1, columns + 1), 1e9)
    best[0, 0] = 0
    came: dict[tuple[int, int], tuple[int, int]] = {}
    for i in range(rows + 1):
        for j in range(columns + 1):
            so_far = best[i, j]
            if so_far >= 1e8:
                continue
            moves = []
            if i < rows:
                moves.append((i + 1, j, skip_cost(units[i])))
            if j < columns:
                moves.append((i, j + 1, extra_cost(names[j])))
            if i < rows and j < columns:
                moves.append((i + 1, j + 1, match_cost(units[i], names[j])))
            if i + 1 < rows and j < columns:
                moves.append((i + 2, j + 1, merge_cost(units[i], units[i + 1], names[j])))
            for a, b, cost in moves:
                if so_far + cost < best[a, b] - 1e-9:
                    best[a, b] = so_far + cost
                    came[a, b] = (i, j)
    path: list[Step] = []
    at = (rows, columns)
    while at != (0, 0):
        path.append((came[at], at))
        at = came[at]
    return float(best[rows, columns]), path[::-1]


def texts() -> Iterator[tuple[str, str]]:
    """Utterance and text, its stresses as U+0301 after the vowel letter."""
    for line in (RECORDINGS / "etc/txt.done.data").read_text("utf-8").splitlines():
        if match := re.match(r'\( (\S+) "(.*)" \)', line):
            yield match[1], re.sub(r"\+(.)", "\\1" + ACUTE, match[2])


def labels(utterance: str) -> list[Label]:
    """The recording's phones; neighbouring pauses are one."""
    found: list[Label] = []
    start = 0.0
    for line in (RECORDINGS / "lab" / f"{utterance}.lab").read_text("utf-8").splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        end = float(fields[0])
        if found and found[-1].name == PAUSE == fields[2]:
            found[-1].end = end
        elif end > start:
            found.append(Label(fields[2], start, end))
        start = end
    return found


def read_aloud(phonemizer: EspeakPhonemizer, text: str, heard: list[Label]) -> Alignment:
    """Phonemises and aligns."""
    sentences = phonemizer.phonemize("ru", text)
    units = [Unit("s", EDGE, -1)]
    for number, symbols in enumerate(sentences):
        units += parse(symbols, number)
        if units[-1].kind != "s":
            units.append(Unit("s", EDGE, len(symbols), False, number))
    return Alignment(sentences, units, *cheapest_path(units, [label.name for label in heard]))


def restressed(text: str, found: Alignment, heard: list[Label]) -> str:
    """The text with an acute on the vowel that the reader stressed, in words where espeak-ng stressed another one."""
    said = {i: heard[j].name for (i, j), (a, b) in found.path if (a, b) == (i + 1, j + 1)}
    words: list[list[int]] = [[]]
    for number, unit in enumerate(found.units):
        if unit.kind != "s":
            words[-1].append(number)
        elif words[-1]:
            words.append([])
    words = [word for word in words if word]
    written = list(WORD.finditer(text))
    if len(written) != len(words):
        return text
    for word, token in reversed(list(zip(words, written, strict=True))):
        plain = token.group().replace(ACUTE, "")
        vowels = [number for number in word if found.units[number].kind == "v"]
        letters = [at for at, letter in enumerate(plain) if letter in VOWEL_LETTERS]
        if len(vowels) != len(letters) or len(vowels) < 2 or "-" in plain:
            continue
        ours = [n for n, number in enumerate(vowels) if found.units[number].stressed]
        theirs = [n for n, number in enumerate(vowels) if said.get(number) in STRESSED_LABELS]
        if len(theirs) == 1 and ours != theirs:
            at = letters[theirs[0]] + 1
            text = text[: token.start()] + plain[:at] + ACUTE + plain[at:] + text[token.end() :]
    return text


def unit_times(found: Alignment, heard: list[Label]) -> list[Label | None]:
    """When each unit was said; None for those that were not."""
    times: list[Label | None] = [None] * len(found.units)
    for (i, j), (a, b) in found.path:
        if (a, b) == (i + 1, j + 1):
            times[i] = Label(heard[j].name, heard[j].start, heard[j].end)
        elif a == i + 2:  # two consonants in one label: the first a little shorter
            middle = heard[j].start + 0.45 * (heard[j].end - heard[j].start)
            times[i] = Label(heard[j].name, heard[j].start, middle)
            times[i + 1] = Label(heard[j].name, middle, heard[j].end)
        elif (a, b) == (i, j + 1) and i > 0:  # an extra label lengthens the unit before it
            before = next((k for k in range(i - 1, -1, -1) if times[k] is not None or k == 0), 0)
            if (lengthened := times[before]) is not None:
                lengthened.end = heard[j].end
    return times


def cut(utterance: str, found: Alignment, times: list[Label | None]) -> Iterator[dict[str, object]]:
    """The sentences of an utterance with frames per symbol (first and last are the silence around it).

    A sentence whose pieces do not tile its stretch of the recording is left out.
    """
    for number, symbols in enumerate(found.sentences):
        own = [k for k, unit in enumerate(found.units) if unit.sentence == number and unit.symbol >= 0]
        sounds = [k for k in own if found.units[k].kind != "s" and times[k]]
        if len(sounds) < 4:
            continue
        first, last = sounds[0], sounds[-1]
        start, end = times[first].start, times[last].end
        before = [t for t in times[:first] if t]
        after = [t for t in times[last + 1 :] if t]
        lead = min(LEAD, start - (before[-1].start if before else 0)) if _silent(before, -1, True) else 0
        tail = min(TAIL, after[0].end - end) if _silent(after, 0, False) else 0
        frames = np.zeros(len(symbols) + 2)
        names = [""] * (len(symbols) + 2)
        opening, closing = _frame(start - lead), _frame(end + tail)
        frames[0] = _frame(start) - opening
        for k in own:
            at, time = found.units[k].symbol, times[k]
            if at < len(symbols) and time is not None and k <= last:
                frames[at + 1] += _frame(time.end) - _frame(time.start)
                names[at + 1] = time.name
        frames[-1] = closing - _frame(end)
        if frames.sum() == closing - opening:
            durations = frames.astype(int).tolist()
            yield {"utt": utterance, "sym": symbols, "dur": durations, "lab": names, "start": opening, "end": closing}


def _silent(times: list[Label], at: int, at_edge: bool) -> bool:
    return times[at].name == PAUSE if times else at_edge


def _frame(seconds: float) -> int:
    return round(seconds * FRAMES_PER_SECOND)


def align_corpus(work: Path, limit: int | None = None) -> None:
    """Writes corpus.json: every sentence's symbols, frames per symbol, and place in its recording."""
    phonemizer, corpus, costs, mended = EspeakPhonemizer(), [], [], 0
    for number, (utterance, text) in enumerate(texts()):
        if number == limit:
            break
        heard = labels(utterance)
        found = read_aloud(phonemizer, text, heard)
        if (better := restressed(text, found, heard)) != text:
            again = read_aloud(phonemizer, better, heard)
            if again.cost <= found.cost + 1e-6:
                found, mended = again, mended + 1
        costs.append(found.cost / found.phones)
        if costs[-1] > WORST_COST:
            print(f"dropped {utterance}: cost {costs[-1]:.2f} a phone", flush=True)
            continue
        corpus += cut(utterance, found, unit_times(found, heard))
        if number % 100 == 0:
            print(f"aligned {number} utterances", flush=True)
    (work / "corpus.json").write_text(json.dumps(corpus, ensure_ascii=False), "utf-8")
    hours = sum(s["end"] - s["start"] for s in corpus) / FRAMES_PER_SECOND / 3600
    print(
        f"{len(corpus)} sentences, {hours:.2f} h, mean cost {np.mean(costs):.3f} a phone, {mended} with mended stress"
    )

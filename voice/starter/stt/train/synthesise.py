"""The audio that the network is trained and tested on: espeak-ng's many voices, Festival's one human-made voice.

Without the human recordings of festvox-ru the network is useless for people (98 % word errors on that voice when trained
on espeak-ng alone), so Festival is no luxury here.
"""

import json
import pickle
import random
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from scipy.io import wavfile

from voice.starter.stt.train.espeak import TEST_VOICES, TRAINING_VOICES, Espeak, Utterance
from voice.starter.stt.train.phones import FESTIVAL
from voice.starter.stt.train.texts import read_texts

FESTIVAL_VOICE = "voice_msu_ru_nsh_clunits"
RECORDINGS = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")
"""festvox-ru: 620 recordings of one reader with phone labels (wav/, lab/, etc/txt.done.data)."""
HELD_OUT_RECORDINGS = 40
RUSSIAN_SHARE = 0.93
"""The rest is espeak-ng's ru-LV, whose other vowels widen the accent."""


def with_espeak(work: Path) -> None:
    """Speaks the training and test texts; writes espeak_train.pkl, espeak_test.pkl and the words' pronunciations."""
    engine, rng = Espeak(), random.Random(99)
    texts, added = read_texts(work), read_texts(work, "texts_added.json")
    said: dict[str, Counter[str]] = defaultdict(Counter)
    utterances: list[Utterance] = []
    for number, text in enumerate(texts["espeak"]):
        voice = rng.choice(TRAINING_VOICES)
        base = "ru" if rng.random() < RUSSIAN_SHARE else "ru-LV"
        manner = (rng.randint(120, 230), rng.randint(25, 80), rng.randint(20, 80), rng.choice([0, 0, 0, 1, 3]))
        utterance, words = engine.utterance(text, f"{base}+{voice}", *manner)
        utterances.append(utterance)
        if base == "ru":
            _count(said, words)
        if number % 1000 == 0:
            print(f"espeak: {number} of {len(texts['espeak'])}", flush=True)
    said_added: dict[str, Counter[str]] = defaultdict(Counter)
    for text in added["say"]:
        _count(said_added, engine.utterance(text, "ru", 200)[1])
    for word in sorted({*texts["vocabulary"], *added["vocabulary"]} - set(said)):
        said[word] = said_added[word] or Counter([" ".join(engine.pronounce(word))])
    (work / "pronunciations.json").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    _pickle(work / "espeak_train.pkl", utterances)

    def spoken(sentences: list[str], voices: list[str]) -> list[Utterance]:
        return [engine.utterance(s, "ru+" + voices[i % len(voices)])[0] for i, s in enumerate(sentences)]

    tests = {
        "seen_voice": spoken(texts["test"], TRAINING_VOICES),
        "heldout_voice": spoken(texts["test"], TEST_VOICES),
        "heldout_voice_natural": spoken(texts["natural"], TEST_VOICES),
        "heldout_voice_added_words": spoken(added["test"], TEST_VOICES),
    }
    _pickle(work / "espeak_test.pkl", tests)
    hours = sum(len(u.wave) / u.rate for u in utterances) / 3600
    print(f"espeak: {len(utterances)} utterances, {hours:.2f} h, {len(said)} words with pronunciations")


def with_festival(work: Path) -> None:
    """Speaks with festvox-ru: festival/<set>_<number>.wav, .lab (phones) and .wrd (words)."""
    folder = work / "festival"
    folder.mkdir(exist_ok=True)
    texts, added = read_texts(work), read_texts(work, "texts_added.json")
    sets = {"train": texts["festival"], "test": texts["test"], "added": added["test"]}
    lines = [f"({FESTIVAL_VOICE})"]
    for name, sentences in sets.items():
        for number, sentence in enumerate(sentences):
            stem = folder / f"{name}_{number:05d}"
            lines.append(
                f'(set! u (Utterance Text "{sentence}"))\n(unwind-protect (begin (utt.synth u) '
                f'(utt.save.wave u "{stem}.wav" (quote riff)) (utt.save.segs u "{stem}.lab") '
                f'(utt.save.words u "{stem}.wrd")) nil)'
            )
    job = folder / "job.scm"
    job.write_text("\n".join(lines) + "\n", "utf-8")
    subprocess.run(["festival", "-b", job], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = len(list(folder.glob("*.wav")))
    wanted = sum(map(len, sets.values()))
    print(f"festival: {made} of {wanted} sentences")
    if made < 0.95 * wanted:
        raise SystemExit("festival spoke too little; is festvox-ru installed?")


def festival_set(work: Path, name: str) -> list[Utterance]:
    """The sentences of one set that Festival could speak."""
    texts = {"train": "festival", "test": "test"}
    sentences = read_texts(work)[texts[name]] if name in texts else read_texts(work, "texts_added.json")["test"]
    found = []
    for number, sentence in enumerate(sentences):
        stem = work / "festival" / f"{name}_{number:05d}"
        if stem.with_suffix(".wav").exists():
            rate, wave = wavfile.read(stem.with_suffix(".wav"))
            found.append(Utterance(sentence, rate, wave, labels(stem.with_suffix(".lab")), "festival"))
    return found


def recordings() -> list[Utterance]:
    """The human recordings, in the order of their names. Their text is not needed here."""
    found = []
    for path in sorted((RECORDINGS / "wav").glob("*.wav")):
        rate, wave = wavfile.read(path)
        found.append(Utterance("", rate, wave, labels(RECORDINGS / "lab" / f"{path.stem}.lab"), "human"))
    return found


def labels(path: Path) -> list[tuple[float, float, str]]:
    """Segments of an ESPS label file (after '#': end time, colour, phone)."""
    segments, start, on = [], 0.0, False
    for line in path.read_text("utf-8").splitlines():
        fields = line.split()
        if not on or not fields:
            on = on or line.strip() == "#"
            continue
        end = float(fields[0])
        segments.append((start, end, FESTIVAL[fields[2]]))
        start = end
    return segments


def _count(said: dict[str, Counter[str]], words: list[tuple[str, list[str]]]) -> None:
    for word, phones in words:
        said[word][" ".join(phones)] += 1


def _pickle(path: Path, what: object) -> None:
    with path.open("wb") as file:
        pickle.dump(what, file, 4)

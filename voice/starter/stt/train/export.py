"""From a trained network to a folder that vosk.Model loads."""

import json
import math
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from voice.starter.stt.train.features import BANDS
from voice.starter.stt.train.graph import build_hcl, compile_graph, ngram_fst, write_phones
from voice.starter.stt.train.kaldi import Phones, write_conf, write_mdl
from voice.starter.stt.train.network import OFFSETS, Net
from voice.starter.stt.train.phones import BASE, FESTIVAL
from voice.starter.stt.train.texts import read_texts

ACOUSTIC_SCALE = 0.7
"""For a cross-entropy model with priors; a little better than 1.0, and confidences are less saturated."""
CEPSTRAL_LIFTER = 22.0
UNKNOWN = "[unk]"
MOST_VARIANTS, LARGEST_COST = 6, 2.5

COLLOQUIAL = """
здравствуйте Z D R A S T VC U J T' I | Z D R A S T' I
пожалуйста P V ZH A L S T V
сейчас S' I CH A S | SH' A S
сегодня S' I VC O D' N' V | S' I VC O D' N' I
тысяча T Y S' I CH V | T Y SH' V
тысячи T Y S' I CH I
пятьдесят P' I D' D' I S' A T | P' I D' I S' A T
шестьдесят SH Y Z' D' I S' A T | SH Y D' I S' A T
шестьсот SH Y S S O T | SH Y S O T
пятьсот P' I TS S O T | P' I TS O T
девятьсот D' I VC' I TS S O T | D' I VC' I TS O T
к K | G
с S | Z
в VC | F
восемь VC O S' I M'
что SH T O | SH T V
её J I J O
его J I VC O
алло V L O | V L' O | A L' O
да D A
нет N' E T
угу U G U | U H U
ага V G A | A H A
пятнадцать P' I T N A TS V T' | P' I T N A TS T'
двадцать D VC A TS V T' | D VC A TS T'
тридцать T R' I TS V T' | T R' I TS T'
одиннадцать V D' I N V TS V T' | V D' I N A TS T'
хочу H V CH U
"""
"""As people say it, where espeak-ng reads letters (к as its name) or too carefully."""

Lexicon = list[tuple[str, list[str], float]]


def export(work: Path, checkpoint: Path, folder: Path, *, flat: bool = False) -> None:
    """Writes the Vosk model. `flat` replaces the trigram by a plain loop over the words: pure acoustics, for tests."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "am").mkdir(parents=True)
    state = torch.load(checkpoint)
    net = Net(len(state["l.0.lin.bias"]))
    net.load_state_dict(state)
    net.eval()
    prior = np.maximum(np.load(checkpoint.with_name(f"{checkpoint.stem}_prior.npy")), 1e-5)
    write_mdl(folder / "am/final.mdl", Phones(BASE), BANDS, folded(net), prior / prior.sum())
    write_conf(folder, acoustic_scale=ACOUSTIC_SCALE)
    write_graph(work, folder, flat=flat)


def write_graph(work: Path, folder: Path, *, flat: bool = False) -> None:
    """Lexicon, language model and graph: all that a larger vocabulary needs, without training anything."""
    texts, added = read_texts(work), read_texts(work, "texts_added.json")
    vocabulary = sorted({*texts["vocabulary"], *added["vocabulary"]})
    words = ["<eps>", *vocabulary, UNKNOWN]
    ids = {word: number for number, word in enumerate(words) if number}
    known = {word: number for word, number in ids.items() if word != UNKNOWN}
    tmp = work / "graph_tmp"
    shutil.rmtree(tmp, ignore_errors=True)
    tmp.mkdir()
    phones = Phones(BASE)
    print(
        "phone tree, states and arcs:",
        build_hcl(phones, lexicon(work, vocabulary), ids, tmp / "hcl.txt", unk_word=UNKNOWN),
    )
    if flat:
        cost = math.log(len(known))
        lines = [f"0 0 {number} {number} {cost:.4f}\n" for number in known.values()]
        (tmp / "g.txt").write_text("".join([*lines, "0 0.0\n"]))
    else:
        sentences = [sentence.split() for sentence in texts["lm"] + added["lm"]]
        print("language model, states and arcs:", ngram_fst(sentences, known, tmp / "g.txt"))
    compile_graph(folder, words, tmp / "hcl.txt", tmp / "g.txt", tmp)
    write_phones(folder, phones)


def lexicon(work: Path, vocabulary: list[str]) -> Lexicon:
    """Each word's pronunciations with costs: espeak-ng's, what the human voice really said, and the colloquial ones."""
    espeak = json.loads((work / "pronunciations.json").read_text("utf-8"))
    human = _festival_pronunciations(work, set(vocabulary))
    colloquial = _colloquial()
    out: Lexicon = []
    for word in vocabulary:
        weights: Counter[str] = Counter()
        said = espeak.get(word, {})
        most = max(said.values(), default=1)
        for phones, count in said.items():
            if count >= max(1, 0.04 * most):
                weights[phones] += count / most
        if human[word]:
            most = max(human[word].values())
            for phones, count in human[word].most_common(3):
                if count >= 0.25 * most:
                    weights[phones] += 0.7 * count / most
        for phones in colloquial.get(word, ()):
            weights[phones] += 0.8
        items = weights.most_common(MOST_VARIANTS)
        out += [(word, p.split(), round(min(-math.log(n / items[0][1]), LARGEST_COST), 3)) for p, n in items]
    return out


def folded(net: Net) -> list[tuple[np.ndarray, np.ndarray, list[int], bool]]:
    """The network as plain affine layers, taking Kaldi's MFCC.

    BatchNorm and the input's normalisation are folded in. So is log-mel -> MFCC: with as many cepstra as bands it is an
    invertible 40x40 matrix (DCT and lifter), and the first layer takes its inverse.
    """
    order = np.arange(BANDS)
    dct = np.sqrt(2 / BANDS) * np.cos(np.pi / BANDS * (order[None] + 0.5) * order[:, None])
    dct[0] = np.sqrt(1 / BANDS)
    lifter = 1 + CEPSTRAL_LIFTER / 2 * np.sin(np.pi * order / CEPSTRAL_LIFTER)
    from_mfcc = np.linalg.inv(lifter[:, None] * dct)
    layers = []
    for number, layer in enumerate(net.l):
        gain = _array(layer.bn.weight / torch.sqrt(layer.bn.running_var + layer.bn.eps))
        weight = _array(layer.lin.weight) * gain[:, None]
        bias = (_array(layer.lin.bias) - _array(layer.bn.running_mean)) * gain + _array(layer.bn.bias)
        if number == 0:
            weight = weight.reshape(len(weight), layer.k, BANDS) * _array(net.istd)
            bias = bias - (weight * _array(net.mean)).sum((1, 2))
            weight = (weight @ from_mfcc).reshape(len(weight), layer.k * BANDS)
        layers.append((weight, bias, OFFSETS[number], True))
    return [*layers, (_array(net.out.weight), _array(net.out.bias), [0], False)]


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def _colloquial() -> dict[str, list[str]]:
    lines = (line.split(" ", 1) for line in COLLOQUIAL.strip().splitlines())
    return {word: [p.strip() for p in variants.split("|")] for word, variants in lines}


def _festival_pronunciations(work: Path, vocabulary: set[str]) -> dict[str, Counter[str]]:
    """What the human voice said for each word, from Festival's phone and word labels."""
    found = {word: Counter() for word in vocabulary}
    for path in sorted((work / "festival").glob("train_*.wrd")):
        phones, at = _ends(path.with_suffix(".lab")), 0
        for end, word in _ends(path):
            said = []
            while at < len(phones) and phones[at][0] <= end + 1e-3:
                phone = FESTIVAL[phones[at][1]]
                at += 1
                if phone != "SIL":
                    said.append(phone)
            if word in found and said:
                found[word][" ".join(said)] += 1
    return found


def _ends(path: Path) -> list[tuple[float, str]]:
    fields = (line.split() for line in path.read_text("utf-8").splitlines())
    return [(float(f[0]), f[2]) for f in fields if len(f) >= 3 and re.match(r"[\d.]+$", f[0])]

"""Training the acoustic model on the aligned sentences: smooth-L1 on durations and features, squared error on deltas.

About 1,300 steps (21 minutes on one core) are enough; twice as many over-fitted. Sharpening with a discriminator was
tried and left out: it restored the variance and made the voice harder to understand.
"""

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from voice.starter.tts.train.maps import CEPSTRA
from voice.starter.tts.train.network import OUTPUTS, PIPER_IDS, PITCH, PLACES, TABLE, VOICING, Acoustic, places

FRAMES_PER_BATCH, LONGEST = 2400, 1600
LEARNING_RATE, WARM_UP = 2e-3, 60
FEATURE_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence: our ids (N,), frames per id (N,), natural features (T, 47)."""

    tokens: np.ndarray
    durations: np.ndarray
    features: np.ndarray


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded items; masks are 1 where there is something."""

    tokens: torch.Tensor
    durations: torch.Tensor
    token_mask: torch.Tensor
    owner: torch.Tensor
    places: torch.Tensor
    frame_mask: torch.Tensor
    features: torch.Tensor


def held_out(corpus: list[dict]) -> set[str]:
    """Every 25th utterance, for figures and choices, never for training."""
    return set(sorted({sentence["utt"] for sentence in corpus})[10::25])


def read_corpus(work: Path) -> list[dict]:
    return json.loads((work / "corpus.json").read_text("utf-8"))


def tokens_of(symbols: list[str]) -> np.ndarray:
    """Our ids with Piper's start and end marks; 0 for what the voice does not know."""
    return np.array([TABLE[PIPER_IDS[s][0]] if s in PIPER_IDS else 0 for s in ["^", *symbols, "$"]])


def features_of(work: Path, utterance: str) -> np.ndarray | None:
    """(T, 47) of a recording, pitch interpolated through the unvoiced stretches; None if it was not analysed."""
    path = work / "frames" / f"{utterance}.npz"
    if not path.exists():
        return None
    data = np.load(path)
    pitch, voiced = data["f0"], data["v"]
    at = np.flatnonzero(voiced)
    log_pitch = np.interp(np.arange(len(pitch)), at, np.log(pitch[at]))
    parts = [data["c"], log_pitch[:, None], voiced[:, None].astype(float), data["bap"]]
    return np.concatenate(parts, 1).astype(np.float32)


def items(work: Path, held: bool) -> list[Item]:
    """The sentences to train on, or the held-out ones."""
    corpus = read_corpus(work)
    kept_back, cache, found = held_out(corpus), {}, []
    for sentence in corpus:
        utterance = sentence["utt"]
        if (utterance in kept_back) != held:
            continue
        if utterance not in cache:
            cache[utterance] = features_of(work, utterance)
        if cache[utterance] is None:
            continue
        features = cache[utterance][sentence["start"] : sentence["end"]]
        tokens, durations = tokens_of(sentence["sym"]), np.array(sentence["dur"])
        known = tokens > 0
        if (durations[~known] > 0).any():
            continue
        tokens, durations = tokens[known], durations[known]
        short = durations.sum() - len(features)
        if abs(short) > 3 or len(features) > LONGEST:
            continue
        features = np.concatenate([features, np.repeat(features[-1:], max(0, short), 0)])[: durations.sum()]
        found.append(Item(tokens, durations, features))
    return found


def batches(data: list[Item], rng: random.Random) -> list[list[Item]]:
    """Sentences of like length together, the batches in random order."""
    ordered = sorted(data, key=lambda item: len(item.features) + rng.random() * 120)
    out: list[list[Item]] = [[]]
    longest = 0
    for item in ordered:
        longest = max(longest, len(item.features))
        if out[-1] and longest * (len(out[-1]) + 1) > FRAMES_PER_BATCH:
            out.append([])
            longest = len(item.features)
        out[-1].append(item)
    rng.shuffle(out)
    return out


def collate(data: list[Item]) -> Batch:
    count, n, t = len(data), max(len(i.tokens) for i in data), max(len(i.features) for i in data)
    batch = Batch(
        torch.zeros(count, n, dtype=torch.long),
        torch.zeros(count, n),
        torch.zeros(count, 1, n),
        torch.zeros(count, t, dtype=torch.long),
        torch.zeros(count, t, PLACES),
        torch.zeros(count, 1, t),
        torch.zeros(count, t, OUTPUTS),
    )
    for row, item in enumerate(data):
        size, frames = len(item.tokens), len(item.features)
        owner = torch.from_numpy(np.repeat(np.arange(size), item.durations))
        batch.tokens[row, :size] = torch.from_numpy(item.tokens)
        batch.durations[row, :size] = torch.from_numpy(item.durations).float()
        batch.token_mask[row, 0, :size] = 1
        batch.owner[row, :frames] = owner
        batch.places[row, :frames] = places(torch.from_numpy(item.durations), owner, frames)
        batch.frame_mask[row, 0, :frames] = 1
        batch.features[row, :frames] = torch.from_numpy(item.features)
    return batch


def _weights() -> torch.Tensor:
    weights = torch.ones(OUTPUTS)
    weights[:6] = 1.5
    weights[20:CEPSTRA] = 0.7
    weights[PITCH], weights[VOICING] = 4.0, 2.0
    return weights


def losses(model: Acoustic, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Duration, feature and delta loss. Pitch counts where the voice sounds."""
    h, predicted = model.encode(batch.tokens, batch.token_mask)
    mask = batch.token_mask[:, 0]
    per_token = F.smooth_l1_loss(predicted, torch.log1p(batch.durations), reduction="none", beta=0.3)
    duration = (per_token * mask).sum() / mask.sum()
    truth = (batch.features - model.mu) / model.sd
    guess = model.frames(h, batch.owner, batch.places, batch.frame_mask)
    frames = batch.frame_mask[:, 0, :, None]
    weights = _weights().expand(*truth.shape[:2], -1).clone()
    weights[:, :, PITCH] *= 0.05 + batch.features[:, :, VOICING]
    error = F.smooth_l1_loss(guess, truth, reduction="none", beta=1.0)
    feature = (error * weights * frames).sum() / frames.sum() / OUTPUTS
    change = ((truth[:, 1:] - truth[:, :-1]) - (guess[:, 1:] - guess[:, :-1])) ** 2
    delta = (change[:, :, :CEPSTRA] * frames[:, 1:]).sum() / frames.sum() / CEPSTRA
    return duration, feature, delta


def normalise(model: Acoustic, data: list[Item]) -> None:
    """Mean and deviation of the natural features; pitch over voiced frames, voicing to -2 and +2."""
    everything = np.concatenate([item.features for item in data])
    model.mu[:], model.sd[:] = torch.from_numpy(everything.mean(0)), torch.from_numpy(everything.std(0))
    pitch = everything[everything[:, VOICING] > 0, PITCH]
    model.mu[PITCH], model.sd[PITCH] = float(pitch.mean()), float(pitch.std())
    model.mu[VOICING], model.sd[VOICING] = 0.5, 0.25


def fit(work: Path, minutes: float) -> None:
    """Writes model.pt after every epoch."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = random.Random(0)
    data, kept_back = items(work, False), items(work, True)
    model = Acoustic()
    normalise(model, data)
    frames = sum(len(item.features) for item in data)
    print(f"{len(data)} sentences to train on, {len(kept_back)} held out, {frames} frames", flush=True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=1e-4)
    began, step, epoch = time.monotonic(), 0, 0
    while (time.monotonic() - began) / 60 < minutes:
        model.train()
        for chosen in batches(data, rng):
            elapsed = (time.monotonic() - began) / 60 / minutes
            if elapsed >= 1:
                break
            rate = LEARNING_RATE * min(1, (step + 1) / WARM_UP) * (0.485 * (1 + np.cos(np.pi * elapsed)) + 0.03)
            for group in optimiser.param_groups:
                group["lr"] = rate
            duration, feature, delta = losses(model, collate(chosen))
            optimiser.zero_grad()
            (duration + FEATURE_WEIGHT * feature + delta).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step += 1
            if step % 50 == 0:
                print(
                    f"{elapsed:.0%} step {step} duration {duration:.3f} feature {feature:.3f} delta {delta:.3f}",
                    flush=True,
                )
        epoch += 1
        print(f"epoch {epoch}, step {step}, held out: {_judge(model, kept_back, rng)}", flush=True)
        torch.save(model.state_dict(), work / "model.pt")


def _judge(model: Acoustic, data: list[Item], rng: random.Random) -> str:
    model.eval()
    with torch.no_grad():
        found = np.mean([[float(loss) for loss in losses(model, collate(b))] for b in batches(data, rng)], 0)
    return "duration {:.3f} feature {:.3f} delta {:.3f}".format(*found)

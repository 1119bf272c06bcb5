"""Training the network: cross-entropy on 30 ms labels, in three runs that lean ever more on the human recordings."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from voice.starter.stt.train.features import BANDS
from voice.starter.stt.train.network import CONTEXT, OUTPUTS, Net, scores

BATCH, STEPS_OUT = 32, 64
REPORT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run; `share` is its part of the minutes given."""

    name: str
    share: float
    rate: float
    seed: int
    warp: float = 0.0
    """Part of the examples whose mel axis is stretched: pseudo-speakers (vocal tract length)."""
    human: float = 0.0
    """Part of the examples drawn from human speech on top of its natural share."""
    nonspeech: bool = False


RUNS = (
    Run(name="main", share=17 / 36, rate=2e-3, seed=0),
    Run(name="tuned", share=11 / 36, rate=1e-3, seed=7, warp=0.6, human=0.45),
    Run(name="final", share=8 / 36, rate=8e-4, seed=11, warp=0.5, human=0.45, nonspeech=True),
)


def fit(work: Path, minutes: float) -> Path:
    """All runs, one after another; writes final.pt and final_prior.npy, returns the first."""
    torch.set_num_threads(1)  # on a shared machine two threads are slower than one
    start: Path | None = None
    for run in RUNS:
        start = _run(work, run, minutes * run.share, start)
    assert start is not None
    return start


def _run(work: Path, run: Run, minutes: float, start: Path | None) -> Path:
    torch.manual_seed(run.seed)
    rng = np.random.default_rng(run.seed)
    data = _Data(work, run, rng)
    net = Net()
    if start:
        net.load_state_dict(torch.load(start))
    else:
        sample = data.frames[::50].astype(np.float32)
        net.mean.copy_(torch.from_numpy(sample.mean(0)))
        net.istd.copy_(torch.from_numpy(1 / sample.std(0)))
    optimiser = torch.optim.AdamW(net.parameters(), lr=run.rate, weight_decay=1e-3)
    began, step, told, losses = time.monotonic(), 0, 0.0, []
    while (elapsed := (time.monotonic() - began) / 60 / minutes) < 1:
        for group in optimiser.param_groups:
            group["lr"] = run.rate * min(1, (step + 1) / 100) * (1 - elapsed) + 1e-6
        x, y = data.batch(net)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(x)
        loss = F.cross_entropy(out.float().reshape(-1, OUTPUTS), y.reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        step += 1
        losses.append(loss.item())
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            print(
                f"{run.name}: {elapsed:.0%} step {step} loss {np.mean(losses[-200:]):.3f} {_judge(net, work)}",
                flush=True,
            )
    print(f"{run.name}: done, step {step} loss {np.mean(losses[-200:]):.3f} {_judge(net, work)}", flush=True)
    torch.save(net.state_dict(), work / f"{run.name}.pt")
    np.save(work / f"{run.name}_prior.npy", data.prior())
    return work / f"{run.name}.pt"


class _Data:
    """All frames in memory (about 0.5 GB), and random stretches of them."""

    def __init__(self, work: Path, run: Run, rng: np.random.Generator) -> None:
        names = ["features_0", "features_1", *(["features_nonspeech"] if run.nonspeech else [])]
        parts = [np.load(work / f"{name}.npz") for name in names]
        self.frames = np.concatenate([part["F"] for part in parts])
        self.labels = np.concatenate([part["L"] for part in parts])
        sources = np.concatenate([part["S"] for part in parts])
        self.last = len(self.labels) - STEPS_OUT - 12
        self.human = np.flatnonzero(sources[12 : self.last] > 0) + 12
        self.run, self.rng = run, rng

    def prior(self) -> np.ndarray:
        return np.bincount(self.labels, minlength=OUTPUTS) / len(self.labels)

    def batch(self, net: Net) -> tuple[torch.Tensor, torch.Tensor]:
        rng, run = self.rng, self.run
        starts = rng.integers(10, self.last, BATCH)
        if run.human:
            chosen = rng.random(BATCH) < run.human
            starts = np.where(chosen, self.human[rng.integers(0, len(self.human), BATCH)], starts)
        x = np.stack([self.frames[3 * i - CONTEXT : 3 * i + 3 * STEPS_OUT + CONTEXT - 2] for i in starts])
        y = np.stack([self.labels[i : i + STEPS_OUT] for i in starts]).astype(np.int64)
        x = x.astype(np.float32)
        for example in x:
            if run.warp and rng.random() < run.warp:
                example[:] = _warped(example, rng)
        out = torch.from_numpy(x)
        for example in out:  # SpecAugment: a band and a stretch of time hidden
            if rng.random() < 0.5:
                low = rng.integers(0, BANDS - 4)
                example[:, low : low + rng.integers(1, 7)] = net.mean[low]
            if rng.random() < 0.3:
                at = rng.integers(0, x.shape[1] - 15)
                example[at : at + rng.integers(3, 15)] = net.mean
        out += torch.from_numpy(rng.normal(0, 0.7, (BATCH, 1, 1)).astype(np.float32))  # level
        return out, torch.from_numpy(y)


def _warped(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    place = np.clip(np.arange(BANDS) * rng.uniform(0.82, 1.22) + rng.uniform(-1, 1), 0, BANDS - 1)
    low = np.minimum(place.astype(int), BANDS - 2)
    part = (place - low).astype(np.float32)
    return frames[:, low] * (1 - part) + frames[:, low + 1] * part


def _judge(net: Net, work: Path) -> str:
    """Share of 30 ms frames right, all of them and speech alone, on the held-out sets."""
    net.eval()
    told = []
    for name in ("human", "voices"):
        data = np.load(work / f"development_{name}.npz")
        out = scores(net, data["F"].astype(np.float32)).argmax(1)
        truth = torch.from_numpy(data["L"].astype(np.int64))[: len(out)]
        out, speech = out[: len(truth)], truth > 1
        told.append(
            f"{name} {(out == truth).float().mean():.3f}/{(out[speech] // 2 == truth[speech] // 2).float().mean():.3f}"
        )
    net.train()
    return " ".join(told)

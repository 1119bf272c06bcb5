"""Training on an endless stream of dialogues, by the clock; on a GPU where there is one.

Loss on the secretary's tokens only. Muon (momentum made orthogonal) for hidden matrices, AdamW for embeddings, norms and
biases; bf16. The learning rate is flat, then falls to almost nothing. Dialogues are written by processes beside the
training into a store from which batches are drawn: a processor sees most of them once, a GPU several times.
"""

import json
import math
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from voice.starter.llm.train.copying import repeated
from voice.starter.llm.train.dialogues import dialogue
from voice.starter.llm.train.network import Config, LanguageModel
from voice.starter.llm.train.tokenizer import encode

Encoded = tuple[list[int], list[int]]
Chunk = dict[int, np.ndarray]
"""Length to ids and marks, (rows, 2, length)."""


@dataclass(frozen=True)
class Scale:
    """What differs between a processor and a GPU. `store`: tokens kept; `writers`: processes that make dialogues."""

    device: str
    batch: int
    store: int
    writers: int


CHUNK, CHUNKS_AHEAD, LENGTH_STEP = 768, 4, 16
COPYING_SHARE = 0.03
MUON_RATE, ADAM_RATE, MUON_DECAY, MOMENTUM = 0.005, 2e-3, 0.01, 0.95
WARM_UP_STEPS, FLAT_PART, LAST_RATE = 60, 0.35, 0.02
SHORT_PART = 0.15
"""First part of the time with mostly short calls among the whole ones: copying is learnt sooner on them."""
HELD_OUT, HELD_OUT_SEED = 400, 987_654
REPORT_SECONDS, JUDGE_SECONDS = 30, 240


def scale() -> Scale:
    """A GPU eats more than the processors beside it can write; on a processor, one thread, and one for the writer."""
    if torch.cuda.is_available():
        return Scale("cuda", batch=98_304, store=1_500_000_000, writers=max(1, (os.cpu_count() or 2) - 1))
    return Scale("cpu", batch=4096, store=20_000_000, writers=1)


def fit(work: Path, minutes: float, start: dict[str, torch.Tensor] | None = None, seed: int | None = None) -> None:
    """Writes model.pt. `start` goes on from weights, those of a shipped GGUF for instance."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    here = scale()
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    model = LanguageModel(Config(vocab=tokenizer.get_vocab_size()))
    if start:
        model.load_state_dict(start)
    model.to(here.device)
    rng = random.Random(HELD_OUT_SEED)
    kept_back = [encode(tokenizer, dialogue(rng, held_out=True)) for _ in range(HELD_OUT)]
    kept = [torch.from_numpy(rows).to(here.device).long() for rows in gathered(kept_back).values()]
    seed = seed if seed is not None else int(time.time())
    context = multiprocessing.get_context("spawn")
    queue: Queue[Chunk] = context.Queue(CHUNKS_AHEAD + here.writers)
    writers = [
        context.Process(
            target=_write,
            args=(queue, work / "tokenizer.json", seed + number, SHORT_PART * minutes * 60),
            daemon=True,
        )
        for number in range(here.writers)
    ]
    for writer in writers:
        writer.start()
    try:
        _train(model, Store(here, queue), here, minutes, kept, work)
    finally:
        for writer in writers:
            writer.terminate()
            writer.join()


def _write(queue: "Queue[Chunk]", tokenizer_path: Path, seed: int, short_seconds: float) -> None:
    tokenizer, rng, began = Tokenizer.from_file(str(tokenizer_path)), random.Random(seed), time.monotonic()
    vocabulary = tokenizer.get_vocab_size()
    while True:
        out: list[Encoded] = []
        for _ in range(CHUNK):
            if rng.random() < COPYING_SHARE:
                out.append(repeated(rng, vocabulary))
                continue
            short = rng.random() < (0.85 if time.monotonic() - began < short_seconds else 0.2)
            out.append(encode(tokenizer, dialogue(rng, short=short, long=not short and rng.random() < 0.12)))
        queue.put(gathered(out))


def gathered(data: list[Encoded]) -> Chunk:
    """Dialogues of like length together, filled up to it; lengths in steps keep the shapes few."""
    groups: dict[int, list[Encoded]] = {}
    for ids, marks in data:
        groups.setdefault(len(ids) + (-len(ids)) % LENGTH_STEP, []).append((ids, marks))
    chunk: Chunk = {}
    for length, group in groups.items():
        rows = np.zeros((len(group), 2, length), dtype=np.int16)
        for row, (ids, marks) in zip(rows, group, strict=True):
            row[0, : len(ids)], row[1, : len(marks)] = ids, marks
        chunk[length] = rows
    return chunk


class Store:
    """What the writers wrote. A batch is drawn anew from all of it; the oldest goes when there is too much."""

    def __init__(self, here: Scale, queue: "Queue[Chunk]") -> None:
        self._here, self._queue = here, queue
        self._rows: dict[int, list[torch.Tensor]] = {}
        self.received = self.drawn = 0
        self._rng = random.Random(5)

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and marks (B, T) of one length."""
        while self.drawn >= self.received or self.received < 8 * self._here.batch:
            try:
                self._take(self._queue.get(block=self.received < 8 * self._here.batch))
            except Empty:
                break
        lengths = list(self._rows)
        weights = [sum(len(one) for one in self._rows[length]) * length for length in lengths]
        length = self._rng.choices(lengths, weights)[0]
        rows = self._whole(length)
        count = max(1, self._here.batch // length)
        chosen = rows[torch.randint(len(rows), (count,), device=rows.device)].long()
        self.drawn += count * length
        return chosen[:, 0], chosen[:, 1]

    def _take(self, chunk: Chunk) -> None:
        for length, rows in chunk.items():
            self._rows.setdefault(length, []).append(torch.from_numpy(rows).to(self._here.device))
            self.received += rows.shape[0] * length

    def _whole(self, length: int) -> torch.Tensor:
        """The rows of a length as one tensor, without the oldest."""
        if len(self._rows[length]) > 1:
            rows = torch.cat(self._rows[length])
            most = max(64, self._here.store // length // len(self._rows))
            self._rows[length] = [rows[-most:]]
        return self._rows[length][0]


def loss_of(model: LanguageModel, ids: torch.Tensor, marks: torch.Tensor) -> torch.Tensor:
    chosen = torch.zeros_like(marks, dtype=torch.bool)
    chosen[:, :-1] = marks[:, 1:] > 0
    scores = F.linear(model.hidden(ids, chosen), model.emb.weight).float()
    return F.cross_entropy(scores, ids.roll(-1, 1)[chosen])


class Muon:
    """Momentum, orthogonalised by Newton-Schulz in bf16 (the quintic of Keller Jordan's Muon), for 2-D weights; those of
    one shape together."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        shapes = sorted({tuple(p.shape) for p in parameters})
        self.groups = [[p for p in parameters if tuple(p.shape) == shape] for shape in shapes]
        self.momenta = [torch.stack([torch.zeros_like(p) for p in group]) for group in self.groups]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for group, momentum in zip(self.groups, self.momenta, strict=True):
            gradient = torch.stack([p.grad for p in group])
            momentum.lerp_(gradient, 1 - MOMENTUM)
            direction = _orthogonal(gradient.lerp(momentum, MOMENTUM))
            change = -rate * 0.2 * math.sqrt(max(direction.shape[1:]))
            for parameter, own in zip(group, direction.unbind(), strict=True):
                parameter.mul_(1 - rate * MUON_DECAY)
                parameter.add_(own, alpha=change)
                parameter.grad = None


def _orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).float()


def _train(model: LanguageModel, store: Store, here: Scale, minutes: float, kept: list, work: Path) -> None:
    named = list(model.named_parameters())
    muon = Muon([p for name, p in named if p.dim() == 2 and "emb" not in name])
    others = [p for name, p in named if p.dim() == 1 or "emb" in name]
    adam = torch.optim.AdamW(others, lr=1, betas=(0.9, 0.97), weight_decay=0)
    store.batch()  # the first dialogues are there: the clock starts
    began, step = time.monotonic(), 0
    told = judged = began
    while (elapsed := (time.monotonic() - began) / 60 / minutes) < 1:
        ids, marks = store.batch()
        rate = min(1, (step + 1) / WARM_UP_STEPS)
        rate *= 1 if elapsed < FLAT_PART else max(LAST_RATE, (1 - elapsed) / (1 - FLAT_PART))
        with torch.autocast(here.device, torch.bfloat16):
            loss = loss_of(model, ids, marks)
        loss.backward()
        muon.step(MUON_RATE * rate)
        for group in adam.param_groups:
            group["lr"] = ADAM_RATE * rate
        nn.utils.clip_grad_norm_(others, 1.0)
        adam.step()
        adam.zero_grad()
        step += 1
        now = time.monotonic()
        if now - told > REPORT_SECONDS:
            told = now
            millions = f"{store.drawn / 1e6:.1f}M tokens of {store.received / 1e6:.1f}M"
            print(f"{elapsed:.0%} step {step} {millions} loss {loss:.3f}", flush=True)
        if now - judged > JUDGE_SECONDS:
            judged = now
            _keep(model, kept, work, step, store.drawn)
    _keep(model, kept, work, step, store.drawn)


def _keep(model: LanguageModel, kept: list, work: Path, step: int, tokens: int) -> None:
    loss, exact, facts = judge(model, kept)
    print(
        f"step {step}, {tokens / 1e6:.2f}M tokens, held out: loss {loss:.3f}, facts exact {exact:.3f} of {facts}",
        flush=True,
    )
    weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    torch.save({"model": weights, "cfg": asdict(model.c)}, work / "model.pt")
    with (work / "fit.jsonl").open("a") as log:
        log.write(json.dumps({"step": step, "tokens": tokens, "loss": loss, "exact": exact}) + "\n")


@torch.no_grad()
def judge(model: LanguageModel, data: list[torch.Tensor]) -> tuple[float, float, int]:
    """Loss, share of facts copied without a fault (each token given the right ones before it), number of facts."""
    model.eval()
    loss, counted, exact, facts = 0.0, 0, 0, 0
    for rows in data:
        ids, marks = rows[:, 0], rows[:, 1]
        scores, truth, ours = model(ids)[:, :-1].float(), ids[:, 1:], marks[:, 1:]
        loss += F.cross_entropy(scores[ours > 0], truth[ours > 0], reduction="sum").item()
        counted += int((ours > 0).sum())
        hits = (scores.argmax(-1) == truth).tolist()
        for inside, right in zip((ours == 2).tolist(), hits, strict=True):
            for begin, end in _runs(inside):
                facts, exact = facts + 1, exact + all(right[begin:end])
    model.train()
    return loss / counted, exact / max(1, facts), facts


def _runs(inside: list[bool]) -> Iterator[tuple[int, int]]:
    """Where each run of true values begins and ends."""
    begin = -1
    for at, is_inside in enumerate([*inside, False]):
        if is_inside and begin < 0:
            begin = at
        elif not is_inside and begin >= 0:
            yield begin, at
            begin = -1

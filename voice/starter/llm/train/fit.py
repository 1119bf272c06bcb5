"""Training on an endless stream of dialogues, by the clock.

Loss on the secretary's tokens only. Muon (momentum made orthogonal) for hidden matrices, AdamW for embeddings, norms and
biases; bf16; one thread: on a shared machine two are slower. The learning rate is flat, then falls to almost nothing.
"""

import json
import math
import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.queues import Queue
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from voice.starter.llm.train.dialogues import dialogue
from voice.starter.llm.train.network import Config, LanguageModel
from voice.starter.llm.train.tokenizer import encode

Encoded = tuple[list[int], list[int]]
TOKENS_PER_BATCH, CHUNK, CHUNKS_AHEAD = 3072, 384, 4
MUON_RATE, ADAM_RATE, MUON_DECAY, MOMENTUM = 0.006, 3e-3, 0.01, 0.95
WARM_UP_STEPS, FLAT_PART, LAST_RATE = 60, 0.35, 0.02
SHORT_PART = 0.15
"""First part of the time with mostly short dialogues: copying is learnt sooner on them."""
HELD_OUT, HELD_OUT_SEED = 160, 987_654
REPORT_SECONDS, JUDGE_SECONDS = 30, 240


def fit(work: Path, minutes: float, start: dict[str, torch.Tensor] | None = None, seed: int | None = None) -> None:
    """Writes model.pt. `start` goes on from weights, those of a shipped GGUF for instance."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    model = LanguageModel(Config(vocab=tokenizer.get_vocab_size()))
    if start:
        model.load_state_dict(start)
    rng = random.Random(HELD_OUT_SEED)
    kept_back = list(batches([encode(tokenizer, dialogue(rng, held_out=True)) for _ in range(HELD_OUT)], 8192, rng))
    queue: Queue[list[Encoded]] = multiprocessing.Queue(CHUNKS_AHEAD)
    writer_args = (
        queue,
        work / "tokenizer.json",
        seed if seed is not None else int(time.time()),
        SHORT_PART * minutes * 60,
    )
    writer = multiprocessing.Process(target=_write, args=writer_args, daemon=True)
    writer.start()
    try:
        _train(model, queue, minutes, kept_back, work)
    finally:
        writer.terminate()
        writer.join()


def _write(queue: "Queue[list[Encoded]]", tokenizer_path: Path, seed: int, short_seconds: float) -> None:
    tokenizer, rng, began = Tokenizer.from_file(str(tokenizer_path)), random.Random(seed), time.monotonic()
    while True:
        out = []
        for _ in range(CHUNK):
            short = rng.random() < (0.85 if time.monotonic() - began < short_seconds else 0.2)
            out.append(encode(tokenizer, dialogue(rng, short=short, long=not short and rng.random() < 0.12)))
        queue.put(out)


def batches(data: list[Encoded], tokens: int, rng: random.Random) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Ids and marks (B, T), dialogues of like length together; lengths in steps of 8 keep the shapes few."""
    groups: list[list[Encoded]] = [[]]
    for item in sorted(data, key=lambda item: len(item[0])):
        if groups[-1] and len(item[0]) * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(item)
    rng.shuffle(groups)
    for group in groups:
        longest = max(len(ids) for ids, _ in group)
        shape = (len(group), longest + (-longest) % 8)
        ids, marks = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        for row, (own_ids, own_marks) in enumerate(group):
            ids[row, : len(own_ids)], marks[row, : len(own_marks)] = torch.tensor(own_ids), torch.tensor(own_marks)
        yield ids, marks


def loss_of(model: LanguageModel, ids: torch.Tensor, marks: torch.Tensor) -> torch.Tensor:
    chosen = torch.zeros_like(marks, dtype=torch.bool)
    chosen[:, :-1] = marks[:, 1:] > 0
    scores = F.linear(model.hidden(ids, chosen), model.emb.weight).float()
    return F.cross_entropy(scores, ids.roll(-1, 1)[chosen])


class Muon:
    """Momentum, orthogonalised by Newton-Schulz in bf16 (the quintic of Keller Jordan's Muon), for 2-D weights."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        self.momenta = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for parameter, momentum in zip(self.parameters, self.momenta, strict=True):
            momentum.lerp_(parameter.grad, 1 - MOMENTUM)
            direction = _orthogonal(parameter.grad.lerp(momentum, MOMENTUM))
            parameter.mul_(1 - rate * MUON_DECAY)
            parameter.add_(direction, alpha=-rate * 0.2 * math.sqrt(max(parameter.shape)))
            parameter.grad = None


def _orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.T if tall else x).float()


def _train(model: LanguageModel, queue: "Queue[list[Encoded]]", minutes: float, kept_back: list, work: Path) -> None:
    named = list(model.named_parameters())
    muon = Muon([p for name, p in named if p.dim() == 2 and "emb" not in name])
    others = [p for name, p in named if p.dim() == 1 or "emb" in name]
    adam = torch.optim.AdamW(others, lr=1, betas=(0.9, 0.97), weight_decay=0)
    rng, began, step, tokens = random.Random(5), time.monotonic(), 0, 0
    told = judged = began
    while True:
        for ids, marks in batches(queue.get(), TOKENS_PER_BATCH, rng):
            elapsed = (time.monotonic() - began) / 60 / minutes
            if elapsed >= 1:
                _keep(model, kept_back, work, step, tokens)
                return
            rate = min(1, (step + 1) / WARM_UP_STEPS)
            rate *= 1 if elapsed < FLAT_PART else max(LAST_RATE, (1 - elapsed) / (1 - FLAT_PART))
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(model, ids, marks)
            loss.backward()
            muon.step(MUON_RATE * rate)
            for group in adam.param_groups:
                group["lr"] = ADAM_RATE * rate
            nn.utils.clip_grad_norm_(others, 1.0)
            adam.step()
            adam.zero_grad()
            step, tokens = step + 1, tokens + int((ids > 0).sum())
            now = time.monotonic()
            if now - told > REPORT_SECONDS:
                told = now
                print(f"{elapsed:.0%} step {step} tokens {tokens / 1e6:.2f}M loss {loss:.3f}", flush=True)
            if now - judged > JUDGE_SECONDS:
                judged = now
                _keep(model, kept_back, work, step, tokens)


def _keep(model: LanguageModel, kept_back: list, work: Path, step: int, tokens: int) -> None:
    loss, exact, facts = judge(model, kept_back)
    print(
        f"step {step}, {tokens / 1e6:.2f}M tokens, held out: loss {loss:.3f}, facts exact {exact:.3f} of {facts}",
        flush=True,
    )
    torch.save({"model": model.state_dict(), "cfg": asdict(model.c)}, work / "model.pt")
    with (work / "fit.jsonl").open("a") as log:
        log.write(json.dumps({"step": step, "tokens": tokens, "loss": loss, "exact": exact}) + "\n")


@torch.no_grad()
def judge(model: LanguageModel, data: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[float, float, int]:
    """Loss, share of facts copied without a fault (each token given the right ones before it), number of facts."""
    model.eval()
    loss, counted, exact, facts = 0.0, 0, 0, 0
    for ids, marks in data:
        scores, truth, ours = model(ids)[:, :-1].float(), ids[:, 1:], marks[:, 1:]
        loss += F.cross_entropy(scores[ours > 0], truth[ours > 0], reduction="sum").item()
        counted += int((ours > 0).sum())
        hit = scores.argmax(-1) == truth
        for row in range(len(ids)):
            inside, right = (ours[row] == 2).tolist(), hit[row].tolist()
            at = 0
            while at < len(inside):
                if not inside[at]:
                    at += 1
                    continue
                end = next((i for i in range(at, len(inside)) if not inside[i]), len(inside))
                facts, exact = facts + 1, exact + all(right[at:end])
                at = end
    model.train()
    return loss / counted, exact / max(1, facts), facts

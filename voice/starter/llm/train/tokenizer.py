"""A byte-level BPE of 2048 tokens with Qwen2's pre-tokenizer, trained on our own dialogues.

llama.cpp knows that pre-tokenizer by the name qwen2. It splits numbers into single digits, so a telephone number is
copied digit by digit.
"""

import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from voice.starter.llm.train.dialogues import dialogue

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
IM_START, IM_END = 1, 2
VOCABULARY, DIALOGUES, SEED = 2048, 6000, 1


def train_tokenizer(path: Path) -> Tokenizer:
    """Writes tokenizer.json; the same one every time."""
    rng = random.Random(SEED)
    texts = ["\n".join(turn["content"] for turn in dialogue(rng)) for _ in range(DIALOGUES)]
    tokenizer = dressed(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(path))
    return tokenizer


def dressed(model: models.BPE) -> Tokenizer:
    """The model between Qwen2's pre-tokenizer and the byte decoder."""
    tokenizer = Tokenizer(model)
    split = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def rebuild_tokenizer(tokens: list[str], merges: list[str], path: Path) -> None:
    """Writes tokenizer.json with the vocabulary that a GGUF carries: weights are worth nothing with any other."""
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = dressed(models.BPE(vocab=vocabulary, merges=[tuple(merge.split(" ")) for merge in merges]))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(path))


def encode(tokenizer: Tokenizer, turns: list[dict], limit: int = 1000) -> tuple[list[int], list[int]]:
    """ChatML ids, and for each whether it counts: 0 no, 1 the secretary's words (and her <|im_end|>), 2 a copied fact."""
    newline = tokenizer.encode("\n").ids
    ids: list[int] = []
    marks: list[int] = []
    for turn in turns:
        role, text = tokenizer.encode(turn["role"]).ids, tokenizer.encode(turn["content"])
        ours = turn["role"] == "assistant"
        ids += [IM_START, *role, *newline]
        marks += [0] * (1 + len(role) + len(newline))
        begin = turn["content"].find(turn["fact"]) if ours and turn.get("fact") else -1
        end = begin + len(turn["fact"]) if begin >= 0 else -1
        for token, (start, stop) in zip(text.ids, text.offsets, strict=True):
            ids.append(token)
            marks.append(0 if not ours else 2 if begin >= 0 and stop > begin and start < end else 1)
        ids += [IM_END, *newline]
        marks += [int(ours)] + [0] * len(newline)
    return ids[:limit], marks[:limit]

"""Weights and tokenizer into GGUF for llama.cpp, and back again (the shipped file is also where training can go on)."""

import json
from pathlib import Path

import gguf
import numpy as np
import torch

from voice.starter.llm.train.network import Config, LanguageModel

CHAT_TEMPLATE = (
    "{%- if messages[0]['role'] != 'system' %}{{- '<|im_start|>system\\nТы — Гуля, телефонный секретарь.<|im_end|>\\n' }}"
    "{%- endif %}{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
"""ChatML, as Qwen2.5's. The marks <message> <transfer> <hangup> are plain text: control tokens would vanish from the text
that llama-cpp-python gives back."""
FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
}
BLOCK_NAMES = {
    "n1.weight": "attn_norm.weight",
    "n2.weight": "ffn_norm.weight",
    "q.weight": "attn_q.weight",
    "q.bias": "attn_q.bias",
    "k.weight": "attn_k.weight",
    "k.bias": "attn_k.bias",
    "v.weight": "attn_v.weight",
    "v.bias": "attn_v.bias",
    "o.weight": "attn_output.weight",
    "g.weight": "ffn_gate.weight",
    "u.weight": "ffn_up.weight",
    "w.weight": "ffn_down.weight",
}
"""Ours -> GGUF's, in the order in which they are written."""


def names(layers: int) -> dict[str, str]:
    """Every tensor. The embeddings are tied: no output.weight is written, and llama.cpp takes them twice."""
    out = {"emb.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}
    for layer in range(layers):
        out |= {f"blocks.{layer}.{ours}": f"blk.{layer}.{theirs}" for ours, theirs in BLOCK_NAMES.items()}
    return out


def load_checkpoint(path: Path) -> LanguageModel:
    saved = torch.load(path)
    model = LanguageModel(Config(**saved["cfg"]))
    model.load_state_dict(saved["model"])
    return model


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Weights of a GGUF that `write_gguf` made, dequantised."""
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    layers = max(int(name.split(".")[1]) for name in stored if name.startswith("blk.")) + 1
    weights = {}
    for ours, theirs in names(layers).items():
        tensor = stored[theirs]
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(tensor.shape[::-1].tolist())
        weights[ours] = torch.from_numpy(np.array(array, dtype=np.float32))
    return weights


def read_tokenizer(path: Path) -> tuple[list[str], list[str]]:
    """Tokens and merges of a GGUF."""
    fields = gguf.GGUFReader(path).fields
    return fields["tokenizer.ggml.tokens"].contents(), fields["tokenizer.ggml.merges"].contents()


def write_gguf(model: LanguageModel, tokenizer_path: Path, out: Path, form: str) -> None:
    """`form` is f32, f16 or q8_0; norms and biases stay float32 in each."""
    c, writer = model.c, gguf.GGUFWriter(out, "qwen2")
    writer.add_name("secretary-starter")
    writer.add_description("Tiny Russian phone-secretary demo model trained from scratch on synthetic dialogues")
    writer.add_license("MIT")
    writer.add_languages(["ru", "en"])
    writer.add_context_length(c.ctx)
    writer.add_embedding_length(c.d)
    writer.add_block_count(c.L)
    writer.add_feed_forward_length(c.ff)
    writer.add_head_count(c.H)
    writer.add_head_count_kv(c.H)
    writer.add_rope_freq_base(c.theta)
    writer.add_layer_norm_rms_eps(c.eps)
    writer.add_file_type(FILE_TYPES[form])
    _add_tokenizer(writer, json.loads(tokenizer_path.read_text("utf-8")), c.vocab)
    state = model.state_dict()
    for ours, theirs in names(c.L).items():
        array = state[ours].detach().float().numpy()
        if array.ndim == 1 or form == "f32":
            writer.add_tensor(theirs, array.astype(np.float32))
        elif form == "f16":
            writer.add_tensor(theirs, array.astype(np.float16))
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(theirs, gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{out.name}: {out.stat().st_size / 1e6:.2f} MB", flush=True)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: dict, size: int) -> None:
    vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda pair: pair[1])
    tokens = [token for token, _ in vocabulary]
    if [number for _, number in vocabulary] != list(range(size)):
        raise ValueError("the tokenizer's ids have gaps")
    special = {token["content"] for token in tokenizer["added_tokens"]}
    kinds = [int(gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL) for token in tokens]
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)

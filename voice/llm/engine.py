"""One GGUF model in llama.cpp. The only module that imports llama_cpp.

Everything here blocks and belongs to one thread: two threads on one llama.cpp context abort the process. Only
`interrupt` and `resume` may be called from elsewhere.
"""

import ctypes
import functools
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.errors import ModelFileError, VoiceError
from voice.llm.ports import BATCH

# ggml's abort() otherwise runs a debugger for a backtrace, and the caller waits for it.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")

import llama_cpp.llama_cpp as ll

log = logging.getLogger(__name__)

LOG_ERROR = 4
"""ggml.h, enum ggml_log_level: GGML_LOG_LEVEL_ERROR."""
DECODE_ABORTED = 2
"""llama.h, llama_decode(): 2 - aborted."""
MAX_PIECE = 256
TOP_K, TOP_P = 40, 0.9


class EngineError(VoiceError):
    """llama.cpp refused to go on; the context has been cleared and the engine can be used again."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model says of itself."""

    context: int
    chat_template: str | None
    bos: str
    eos: str
    threads: int


class _Log:
    """llama.cpp's log: into ours, and its last errors kept for the reason of a failed load."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._callback = ll.llama_log_callback(self._write)
        ll.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _write(self, level: int, text: bytes | None, _data: Any) -> None:
        line = (text or b"").decode("utf-8", "replace").strip()
        if level == LOG_ERROR:
            self.errors = [*self.errors[-3:], line]
        if line:
            log.debug("llama.cpp", extra={"text": line, "level": level})

    def reason(self) -> str:
        """The first of the last errors, without the function it came from: the later ones only repeat it."""
        first = self.errors[0] if self.errors else "llama.cpp gave no reason"
        self.forget()
        return first.partition(": ")[2] or first

    def forget(self) -> None:
        """What was logged so far explains nothing that comes now."""
        self.errors = []


@functools.cache
def _process_log() -> _Log:
    """llama.cpp has one log a process, and keeps a pointer to its callback for ever."""
    return _Log()


class LlamaEngine:
    """A loaded model with one context and one sequence in it."""

    def __init__(self, path: Path, *, context: int, threads: int, given_up: Callable[[], bool] | None = None) -> None:
        """Loads and warms the model. `context` is lowered to what it was trained with; `threads` 0 leaves one core to
        the sound; `given_up` is asked while loading. Raises ModelFileError with a reason for people."""
        if not path.is_file():
            raise ModelFileError(f"no such file: {path}")
        self._log = _process_log()
        self._log.forget()
        self._abort = False
        self._abort_callback = ll.ggml_abort_callback(lambda _data: self._abort)
        ll.llama_backend_init()
        params = ll.llama_model_default_params()
        progress = ll.llama_progress_callback(lambda _done, _data: not (given_up and given_up()))
        params.progress_callback = progress
        self._model = ll.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise ModelFileError(f"{path.name}: {self._log.reason()}")
        self._vocab = ll.llama_model_get_vocab(self._model)
        self._context = self._open(path, context, threads or max((os.cpu_count() or 1) - 1, 1))
        self._memory = ll.llama_get_memory(self._context)
        self._batch = ll.llama_batch_init(BATCH, 0, 1)
        self._piece = ctypes.create_string_buffer(MAX_PIECE)
        self._warm()

    def _open(self, path: Path, context: int, threads: int) -> Any:
        trained = int(ll.llama_model_n_ctx_train(self._model))
        params = ll.llama_context_default_params()
        params.n_ctx = min(context, trained) if trained > 0 else context
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = 1
        params.n_threads = params.n_threads_batch = threads
        params.abort_callback = self._abort_callback
        params.no_perf = True
        opened = ll.llama_init_from_model(self._model, params)
        if not opened:
            ll.llama_model_free(self._model)
            raise ModelFileError(f"{path.name}: {self._log.reason()}")
        template = ll.llama_model_chat_template(self._model, None)
        self.info = ModelInfo(
            # n_ctx is rounded up by llama.cpp; positions beyond the trained context are never used.
            context=int(params.n_ctx),
            chat_template=template.decode("utf-8") if template else None,
            bos=self._token_text(ll.llama_vocab_bos(self._vocab)),
            eos=self._token_text(ll.llama_vocab_eos(self._vocab)),
            threads=threads,
        )
        return opened

    def _warm(self) -> None:
        """Reads the weights in once now, not while the first caller waits."""
        token = max(ll.llama_vocab_bos(self._vocab), 0)
        self.evaluate([token], 0)
        self.clear()

    def _token_text(self, token: int) -> str:
        return "" if token < 0 else (ll.llama_vocab_get_text(self._vocab, token) or b"").decode("utf-8", "replace")

    def close(self) -> None:
        """Frees everything; the object is dead afterwards."""
        ll.llama_batch_free(self._batch)
        ll.llama_free(self._context)
        ll.llama_model_free(self._model)

    def interrupt(self) -> None:
        """From any thread: the evaluation under way stops within a millisecond or so."""
        self._abort = True

    def resume(self) -> None:
        """From any thread: ends an interruption, before the next evaluation."""
        self._abort = False

    def tokenize(self, text: str) -> list[int]:
        """Tokens of a rendered prompt: control tokens are taken as such."""
        data = text.encode("utf-8")
        add_bos = bool(ll.llama_vocab_get_add_bos(self._vocab)) and not (
            self.info.bos and text.startswith(self.info.bos)
        )
        size = len(data) + 2
        buffer = (ll.llama_token * size)()
        count = ll.llama_tokenize(self._vocab, data, len(data), buffer, size, add_bos, True)
        if count < 0:
            raise EngineError(f"the tokeniser needs {-count} tokens for {len(data)} bytes")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The text of a token, maybe a part of a character; empty for control tokens."""
        size = ll.llama_token_to_piece(self._vocab, token, self._piece, MAX_PIECE, 0, False)
        return bytes(self._piece.raw[: max(size, 0)])

    def is_end(self, token: int) -> bool:
        """Whether the model says with it that it has finished."""
        return bool(ll.llama_vocab_is_eog(self._vocab, token))

    def evaluate(self, tokens: Sequence[int], position: int) -> int:
        """Evaluates at most BATCH tokens from `position` on; returns how many positions the context then holds: none
        of `tokens` when interrupted. Raises EngineError."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for at, token in enumerate(tokens):
            batch.token[at] = token
            batch.pos[at] = position + at
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = 0
            batch.logits[at] = at == len(tokens) - 1
        code = ll.llama_decode(self._context, batch)
        if code == 0:
            return position + len(tokens)
        if code == DECODE_ABORTED:
            self._log.forget()
            return self.truncate(position)
        self.clear()
        raise EngineError(f"llama_decode returned {code}: {self._log.reason()}")

    def truncate(self, length: int) -> int:
        """Keeps the first `length` positions; returns how many are kept: `length`, or 0 where the model's memory
        cannot be cut (recurrent models)."""
        if ll.llama_memory_seq_rm(self._memory, 0, length, -1):
            return length
        self.clear()
        return 0

    def clear(self) -> None:
        """Empties the context."""
        ll.llama_memory_clear(self._memory, True)

    def save(self) -> bytes:
        """The sequence's state. Unlike the whole context's it has no logits, which for a big vocabulary are huge."""
        size = ll.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        written = ll.llama_state_seq_get_data(self._context, buffer, size, 0)
        return bytes(memoryview(buffer)[:written])

    def restore(self, state: bytes) -> None:
        """Replaces the sequence by a saved one. Raises EngineError."""
        self.clear()
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if ll.llama_state_seq_set_data(self._context, buffer, len(state), 0) == 0:
            self.clear()
            raise EngineError(f"a saved state was refused: {self._log.reason()}")

    def sampler(self, temperature: float, seed: int) -> "Sampler":
        """A chooser of next tokens; greedy at temperature 0."""
        chain = ll.llama_sampler_chain_init(ll.llama_sampler_chain_default_params())
        if temperature <= 0:
            ll.llama_sampler_chain_add(chain, ll.llama_sampler_init_greedy())
        else:
            ll.llama_sampler_chain_add(chain, ll.llama_sampler_init_top_k(TOP_K))
            ll.llama_sampler_chain_add(chain, ll.llama_sampler_init_top_p(TOP_P, 1))
            ll.llama_sampler_chain_add(chain, ll.llama_sampler_init_temp(temperature))
            ll.llama_sampler_chain_add(chain, ll.llama_sampler_init_dist(seed))
        return Sampler(chain, self._context)


class Sampler:
    """A sampler chain of one generation."""

    def __init__(self, chain: Any, context: Any) -> None:
        self._chain, self._context = chain, context

    def sample(self) -> int:
        """The next token, from the last evaluation."""
        return int(ll.llama_sampler_sample(self._chain, self._context, -1))

    def close(self) -> None:
        """Frees the chain; before the engine is closed."""
        ll.llama_sampler_free(self._chain)

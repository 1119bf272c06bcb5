"""Vosk: streaming recognition with word times. The only module that imports `vosk`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import vosk

from voice.errors import ModelFileError
from voice.events import Final, Partial, Word
from voice.speech.ports import PhraseLimit

UNKNOWN = "[unk]"
"""What a stream limited to phrases answers for words outside them."""
RATES = range(8000, 48001)
DEFAULT_MODEL_RATE = 16000
"""Kaldi's MFCC default, for models whose mfcc.conf does not say (`--sample-frequency`)."""
MAX_SEGMENTS = 500
"""Stretches that Vosk may end by itself inside one phrase, at its half second of silence each: a bound, not a goal."""
WARM_UP_SECONDS = 0.5


class VoskEngine:
    """A loaded model; makes streams. Not thread-safe: one thread uses it and its streams."""

    def __init__(self, model: vosk.Model, rate: int, *, lookahead: bool) -> None:
        self._model = model
        self._rate = rate
        self._lookahead = lookahead

    @classmethod
    def load(cls, path: Path) -> "VoskEngine":
        """Reads the model's directory. Raises ModelFileError saying what is wrong with it."""
        vosk.SetLogLevel(-1)
        acoustic = _first(path, "am/final.mdl", "final.mdl")
        _first(path, "graph/words.txt", "words.txt")
        lookahead = all((path / "graph" / name).is_file() for name in ("HCLr.fst", "Gr.fst"))
        if not lookahead:
            _first(path, "graph/HCLG.fst", "HCLG.fst")
        try:
            model = vosk.Model(str(path.absolute()))
            engine = cls(model, _model_rate(path), lookahead=lookahead)
            engine._warm_up()
        except Exception as error:
            raise ModelFileError(f"{acoustic.parent.parent}: Vosk cannot use this model ({error})") from error
        return engine

    def listen(self, rate: int) -> "VoskStream":
        """A stream fed at `rate` Hz; it is brought to the model's own rate."""
        if rate not in RATES:
            raise ValueError(f"{rate} Hz is not a sample rate of speech")
        return VoskStream(self._model, rate, self._rate, lookahead=self._lookahead)

    def _warm_up(self) -> None:
        # A broken graph shows only when a recogniser is made of it, and the first decoding pays for page faults.
        stream = self.listen(self._rate)
        stream.accept(bytes(2 * int(self._rate * WARM_UP_SECONDS)))
        stream.finish()


class VoskStream:
    """One caller. A phrase lasts from `finish` to `finish`: what Vosk ends by itself at its own pauses is joined."""

    def __init__(self, model: vosk.Model, rate: int, model_rate: int, *, lookahead: bool) -> None:
        self._model = model
        self._rate = rate
        self._model_rate = model_rate
        self._lookahead = lookahead
        self._resampler = None if rate == model_rate else soxr.ResampleStream(rate, model_rate, 1, "int16", "MQ")
        self._grammar: str | None = None
        self._position = 0
        self._segments: list[tuple[Word, ...]] = []
        self._last = ""
        self._renew()

    def accept(self, pcm: bytes) -> Partial | None:
        """Takes whole samples (ValueError otherwise); the new hypothesis when its text changed."""
        if len(pcm) % 2:
            raise ValueError("half a sample")
        self._position += len(pcm) // 2
        self._decode(self._resample(pcm, last=False))
        return self._partial_if_changed()

    def skip(self, samples: int) -> None:
        """A gap in the sound: what came before it is settled, what follows is timed after it."""
        self._flush()
        self._position += samples
        self._renew()

    def finish(self) -> Final:
        """Ends the phrase; words from all its segments, times on the stream's clock."""
        self._flush()
        words = tuple(word for segment in self._segments for word in segment)
        self._begin_phrase()
        sure = sum(word.confidence for word in words) / len(words) if words else 0.0
        return Final(_text(words), words, sure)

    def forget(self) -> None:
        """Drops what was heard since the last `finish`."""
        self._flush()
        self._begin_phrase()

    def limit(self, phrases: tuple[str, ...] | None) -> PhraseLimit:
        """A phrase holds only if the model knows all its words; big models' static graphs allow no list at all."""
        if phrases is None:
            known: list[str] = []
            unknown: tuple[str, ...] = ()
        else:
            clean = [" ".join(phrase.lower().split()) for phrase in phrases]
            known = [phrase for phrase in clean if phrase and self._knows(phrase)]
            unknown = tuple(phrase for phrase in clean if phrase not in known)
            if not self._lookahead or not known:
                return PhraseLimit(False, unknown)
        self._flush()
        self._grammar = json.dumps([*known, UNKNOWN], ensure_ascii=False) if known else None
        self._renew()
        return PhraseLimit(self._grammar is not None, unknown)

    def _knows(self, phrase: str) -> bool:
        return all(self._model.vosk_model_find_word(word) >= 0 for word in phrase.split())

    def _renew(self) -> None:
        # Vosk's clock starts with the recogniser; ours with the stream.
        self._base = self._position / self._rate
        limits = () if self._grammar is None else (self._grammar,)
        self._recognizer = vosk.KaldiRecognizer(self._model, float(self._model_rate), *limits)
        self._recognizer.SetWords(True)
        self._fresh = True

    def _begin_phrase(self) -> None:
        self._segments.clear()
        self._last = ""

    def _resample(self, pcm: bytes, *, last: bool) -> bytes:
        if self._resampler is None:
            return pcm
        out: np.ndarray[Any, Any] = self._resampler.resample_chunk(np.frombuffer(pcm, "<i2").astype(np.int16), last)
        if last:
            self._resampler.clear()
        return out.tobytes()

    def _decode(self, pcm: bytes) -> None:
        if pcm:
            self._fresh = False
            if self._recognizer.AcceptWaveform(pcm):
                self._settle(self._recognizer.Result())

    def _flush(self) -> None:
        self._decode(self._resample(b"", last=True))
        if not self._fresh:
            self._settle(self._recognizer.FinalResult())
            self._fresh = True

    def _settle(self, result: str) -> None:
        if words := self._words(json.loads(result).get("result", ())):
            self._segments.append(words)
            del self._segments[:-MAX_SEGMENTS]

    def _partial_if_changed(self) -> Partial | None:
        # The best path's text is about half a second ahead of the lattice that word times come from, so each is asked
        # for separately: `words` may cover only the beginning of `text`.
        self._recognizer.SetPartialWords(False)
        running = self._clean(json.loads(self._recognizer.PartialResult()).get("partial", ""))
        settled = tuple(word for segment in self._segments for word in segment)
        text = " ".join(part for part in (_text(settled), running) if part)
        if text == self._last:
            return None
        self._last = text
        words: tuple[Word, ...] = ()
        if running:
            self._recognizer.SetPartialWords(True)
            words = self._words(json.loads(self._recognizer.PartialResult()).get("partial_result", ()))
        return Partial(text, settled + words)

    def _clean(self, text: str) -> str:
        return text if self._grammar else " ".join(word for word in text.split() if word != UNKNOWN)

    def _words(self, found: Any) -> tuple[Word, ...]:
        return tuple(
            Word(item["word"], round(self._base + item["start"], 3), round(self._base + item["end"], 3), item["conf"])
            for item in found
            if self._grammar or item["word"] != UNKNOWN
        )


def _text(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)


def _first(path: Path, *names: str) -> Path:
    if not path.is_dir():
        raise ModelFileError(f"{path}: there is no such directory")
    for name in names:
        if (file := path / name).is_file():
            if file.stat().st_size == 0:
                raise ModelFileError(f"{file}: the file is empty")
            return file
    raise ModelFileError(f"{path}: {names[0]} is missing")


def _model_rate(path: Path) -> int:
    """Hz that the model's features are made at. Kaldi refuses sound below it, so such sound is upsampled before."""
    for name in ("conf/mfcc.conf", "mfcc.conf"):
        if (conf := path / name).is_file():
            for line in conf.read_text().splitlines():
                if line.strip().startswith("--sample-frequency="):
                    return int(float(line.split("=", 1)[1].split("#")[0]))
    return DEFAULT_MODEL_RATE

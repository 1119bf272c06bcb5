"""Paths of the small models that come with the box, so that it can be tried and tested with nothing to download."""

from pathlib import Path

__all__ = ["LLM", "STT", "TTS"]

_HERE = Path(__file__).resolve().parent

STT = _HERE / "stt" / "ru-starter"
"""Vosk model folder: Russian telephone vocabulary, 8 kHz."""

TTS = _HERE / "tts" / "ru_RU-starter.onnx"
"""Piper voice, 16 kHz; its settings lie beside it as ``ru_RU-starter.onnx.json``."""

LLM = _HERE / "llm" / "secretary-starter-q8_0.gguf"
"""Chat model of the qwen2 architecture, ChatML, context of 1024 tokens."""

"""The child that hears calls a second time: `python -m voice.speech.second_child MODEL`. Last in line for the
processor, first to go when memory is short, gone when its parent closes the pipe.

On stdin orders: a letter, a length (4 bytes, little-endian), so many bytes. L: the rate in decimal, begins to listen;
A: PCM (s16le mono); S: samples that were lost, in decimal; F: ends the phrase. On stdout a line of JSON for each order,
and one before them once the model is loaded: an `{"error"}` in every case of trouble.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final

from voice.speech.ports import HearingEngine, HearingStream

NICE: Final = 19
HEAD_BYTES: Final = 5
MAX_ORDER: Final = 4 << 20


def main(arguments: list[str]) -> int:
    """One model, one client."""
    humble()
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not be taken for us
    try:
        from voice.speech.engines.vosk import VoskEngine

        engine = VoskEngine.load(Path(arguments[0]))
    except Exception as error:  # noqa: BLE001 - whatever a library or a broken file raises is told
        _say(out, {"error": str(error) or type(error).__name__})
        return 1
    _say(out, {})
    serve(engine, sys.stdin.buffer, out)
    return 0


def humble() -> None:
    """As far as it is allowed: a sandbox may forbid it."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def serve(engine: HearingEngine, orders: BinaryIO, out: BinaryIO) -> None:
    """Until the orders end."""
    stream: HearingStream | None = None
    while len(head := orders.read(HEAD_BYTES)) == HEAD_BYTES:
        length = int.from_bytes(head[1:], "little")
        if length > MAX_ORDER:
            return
        body = orders.read(length)
        try:
            if head[:1] == b"L":
                stream = engine.listen(int(body))
                _say(out, {})
            elif stream is None:
                raise ValueError("nobody listens yet")
            else:
                _say(out, _do(stream, head[:1], body))
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the parent decides
            _say(out, {"error": str(error) or type(error).__name__})


def _do(stream: HearingStream, order: bytes, body: bytes) -> dict[str, Any]:
    match order:
        case b"A":
            stream.accept(body)
        case b"S":
            stream.skip(int(body))
        case b"F":
            final = stream.finish()
            return {
                "text": final.text,
                "confidence": final.confidence,
                "words": [asdict(word) for word in final.words],
            }
        case _:
            raise ValueError(f"no such order: {order!r}")
    return {}


def _say(out: BinaryIO, words: dict[str, Any]) -> None:
    out.write(json.dumps(words, ensure_ascii=False).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

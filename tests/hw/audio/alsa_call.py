"""Run by test_alsa.py in a process of its own (ALSA reads its configuration once a process): two lines talk to each
other over the virtual card. Prints one JSON object."""

import asyncio
import json
import os
import signal
import sys
import time
from array import array

from hw.audio.alsa import open_alsa
from hw.audio.gate import SoundGate
from hw.audio.line import Line
from hw.audio.ports import SILENCE
from tests.fakes.pcm_modem import numbered


class End:
    def __init__(self, card, tap=None):
        self.heard, self.failure = [], asyncio.Event()
        self.error = ""
        self.gate = SoundGate(open_alsa(card, card))
        self.line = Line(
            self.gate,
            on_heard=lambda index, frame: self.heard.append(frame),
            tap=tap,
            on_failed=self.fail,
            loop=asyncio.get_running_loop(),
        )

    def fail(self, error):
        self.error = str(error)
        self.failure.set()


def sounding(pcm):
    """The samples that are not silence: the numbered frames have none, so a card's underrun may only insert some."""
    return array("h", [sample for sample in array("h", pcm) if sample]).tobytes()


def numbers(first):
    return b"".join(numbered(first + k) for k in range(50))


async def talk():
    began = time.monotonic()
    caller, box = End("caller_line"), End("modem_line")
    caller.line.start()
    box.line.start()
    sounds = {
        "box": b"".join(numbered(k) for k in range(50)),
        "caller": b"".join(numbered(1000 + k) for k in range(50)),
    }
    playing = [box.line.play(sounds["box"]), caller.line.play(sounds["caller"])]
    await asyncio.wait_for(asyncio.gather(*(one.wait() for one in playing)), 5)
    await asyncio.sleep(0.2)
    heard = {"box": b"".join(box.heard), "caller": b"".join(caller.heard)}
    cut = box.line.play(numbered(20000) * 100)
    await asyncio.sleep(0.3)
    box.line.flush(0)
    before = len(caller.heard)
    await asyncio.sleep(0.3)
    tail = [frame for frame in caller.heard[before:] if frame != SILENCE]
    result = {
        "seconds": time.monotonic() - began,
        "box_heard": sounding(heard["box"]) == sounds["caller"],
        "caller_heard": sounding(heard["caller"]) == sounds["box"],
        "cut_after_frames": len(tail),
        "cut_played": cut.played,
    }
    if "--kill" in sys.argv:
        os.kill(int(os.environ["VIRTUAL_CARD_PID"]), signal.SIGKILL)
        await asyncio.wait_for(box.failure.wait(), 5)
        result["failure"] = box.error
    counters = await box.line.stop()
    await caller.line.stop()
    result |= {name: getattr(counters, name) for name in counters.__slots__}
    result |= {"rate": box.gate.report.rate, "bytes_per_second": box.gate.report.bytes_per_second}
    print(json.dumps(result))


asyncio.run(talk())

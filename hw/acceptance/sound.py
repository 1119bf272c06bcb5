"""Both directions of one call's sound, measured: what comes is counted and weighed, what goes is a tone."""

import threading
import time
from array import array
from math import sin, tau
from typing import Final

from hw.acceptance.script import Sound
from hw.audio.pcm import level_dbfs
from hw.audio.ports import FRAME_BYTES, RATE, SoundDevice
from hw.errors import SoundError

TONE_HZ: Final = 1000.0
TONE_LEVEL: Final = 8000.0
ON_FRAMES: Final = 25
"""Half a second of tone, half a second of silence: speech codecs cut a tone without end."""
FIRST_SECONDS: Final = 1.0
"""Not counted: the modem gives what has gathered."""


def tone_frame(number: int) -> bytes:
    """Frame `number` of the tone."""
    if number // ON_FRAMES % 2:
        return bytes(FRAME_BYTES)
    places = range(number * FRAME_BYTES // 2, (number + 1) * FRAME_BYTES // 2)
    return array("h", [round(TONE_LEVEL * sin(tau * TONE_HZ * n / RATE)) for n in places]).tobytes()


def measure(device: SoundDevice, stop: threading.Event, tries: int, most: float) -> Sound:
    """Until `stop` or for `most` seconds. Our sound is paced by the modem's."""
    kept = bytearray()
    received = counted = sent = taken = 0
    loudest, trouble = -100.0, ""
    began = time.monotonic()
    try:
        device.start()
        while not stop.is_set() and (passed := time.monotonic() - began) < most:
            if not device.wait(0.1):
                continue
            data = device.read()
            received += len(data)
            counted += len(data) if passed >= FIRST_SECONDS else 0
            kept += data
            while len(kept) >= FRAME_BYTES:
                loudest = max(loudest, level_dbfs(bytes(kept[:FRAME_BYTES])))
                del kept[:FRAME_BYTES]
                taken += device.write(tone_frame(sent))
                sent += 1
    except SoundError as error:
        trouble = str(error)
    seconds = time.monotonic() - began - FIRST_SECONDS
    rate = counted / seconds if seconds > 0.5 else 0.0
    return Sound(round(rate), round(loudest, 1), round(taken * FRAME_BYTES / 2 / RATE, 2), tries, trouble)

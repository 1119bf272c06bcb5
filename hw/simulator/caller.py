"""The person at the other end: a scenario played against what is heard, 20 ms at a time (PURE, in frames)."""

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hw.simulator.network import FRAME_SECONDS, SILENCE
from hw.simulator.scenario import Scenario, Sound, Step
from hw.simulator.wav import FRAME_SAMPLES, RATE, Samples

SPEECH_DBFS = -45.0
START_FRAMES = 3
END_SECONDS = 0.5
MIN_SPEECH_SECONDS = 0.2
TONE_LEVEL = 8000.0
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # ITU-T Q.23
_KEYS = ("123A", "456B", "789C", "*0#D")


@dataclass(frozen=True, slots=True)
class CallerEvent:
    """Something the caller did or heard; `t` in seconds since the answer (before it: since the first ring)."""

    kind: str
    t: float
    data: dict[str, Any] = field(default_factory=dict)


def tone(digit: str, milliseconds: int) -> Samples:
    """The two frequencies of a DTMF digit."""
    row = next(number for number, keys in enumerate(_KEYS) if digit in keys)
    n = np.arange(RATE * milliseconds // 1000)
    low, high = _ROWS[row], _COLUMNS[_KEYS[row].index(digit)]
    wave = np.sin(2 * np.pi * low / RATE * n) + np.sin(2 * np.pi * high / RATE * n)
    return np.asarray(np.rint(wave * TONE_LEVEL / 2), np.int16)


class SpeechDetector:
    """Energy with hysteresis: speech starts after START_FRAMES loud frames and ends END_SECONDS after the last one."""

    def __init__(self) -> None:
        self._threshold = 32768.0 * 10.0 ** (SPEECH_DBFS / 20.0)
        self._run = 0
        self.speaking = False
        self.started = 0.0
        self.last_loud = -1.0
        self.heard_seconds = 0.0

    def push(self, frame: Samples, now: float) -> CallerEvent | None:
        """One frame that began at `now`; an event when speech starts or has ended."""
        rms = float(np.sqrt(np.mean(np.square(frame.astype(np.float64)))))
        if rms >= self._threshold:
            self._run += 1
            if self._run >= START_FRAMES:
                self.last_loud = now + FRAME_SECONDS
                self.heard_seconds += FRAME_SECONDS
                if not self.speaking:
                    self.speaking, self.started = True, now - (START_FRAMES - 1) * FRAME_SECONDS
                    return CallerEvent("box_started", round(self.started, 2))
        else:
            self._run = 0
            if self.speaking and now - self.last_loud >= END_SECONDS:
                self.speaking = False
                return CallerEvent("box_stopped", round(self.last_loud, 2), {"started": round(self.started, 2)})
        return None


class Caller:
    """Plays one scenario. Ask `hung_up` after each tick."""

    def __init__(self, scenario: Scenario, inband: bool = True) -> None:
        self.scenario = scenario
        self.connected = False
        self.hung_up = ""
        """Why the caller hung up; empty while on the line."""
        self.detector = SpeechDetector()
        self._inband = inband
        self._frames = 0
        self._speech: deque[Samples] = deque()
        self._partial: Samples = np.zeros(0, np.int16)
        self._events: list[CallerEvent] = []
        self._script = self._play()

    @property
    def now(self) -> float:
        """Seconds on the line (or of ringing)."""
        return self._frames * FRAME_SECONDS

    def take_events(self) -> list[CallerEvent]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    def answered(self) -> None:
        """The box took the call: time starts anew."""
        self.connected = True
        self._note("answered", after_seconds=round(self.now, 2))
        self._frames = 0

    def ring(self) -> None:
        """20 ms of ringing."""
        self._frames += 1
        if self.now >= self.scenario.give_up_after:
            self._hang_up("no_answer")

    def tick(self, heard: Samples) -> Samples:
        """20 ms of the call: what is heard in, what is said out."""
        event = self.detector.push(heard, self.now)
        if event is not None:
            self._events.append(event)
        if not self.hung_up:
            next(self._script, None)
        self._frames += 1
        if self.now >= self.scenario.max_seconds:
            self._hang_up("max_seconds")
        return self._speech.popleft() if self._speech else SILENCE

    def press(self, digits: str) -> None:
        """Sends digits at once, between whatever the script does."""
        for digit in digits:
            self._events.append(CallerEvent("digit", round(self.now, 2), {"digit": digit}))
            if self._inband:
                self._queue(tone(digit, 120))
                self._queue(np.zeros(RATE * 120 // 1000, np.int16))

    def hang_up(self) -> None:
        """Hangs up out of turn."""
        self._hang_up("asked")

    # --- script -------------------------------------------------------------------------------------------------

    def _note(self, kind: str, **data: Any) -> None:
        self._events.append(CallerEvent(kind, round(self.now, 2), data))

    def _hang_up(self, why: str) -> None:
        if not self.hung_up:
            self.hung_up = why
            self._speech.clear()
            self._note("hang_up", by="caller", why=why)

    def _queue(self, samples: Samples) -> None:
        whole = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
        self._speech.extend(whole.reshape(-1, FRAME_SAMPLES))

    def _play(self) -> Iterator[None]:
        """One step of this generator is one frame."""
        while True:
            for step in self.scenario.steps:
                yield from getattr(self, f"_do_{step.verb}")(step)
                if self.hung_up:
                    return
            if not self.scenario.repeat:
                break
            yield  # also where the steps take no time
        self._hang_up("end_of_script")

    def _for(self, seconds: float) -> Iterator[None]:
        until = self.now + seconds
        while self.now < until - 1e-9:
            yield

    def _say(self, sound: Sound | None, cut_after: float = 0.0) -> Iterator[None]:
        if sound is None:
            return
        cut = int(cut_after * RATE)
        self._queue(sound.samples[:cut] if cut else sound.samples)
        self._note("says", phrase=sound.id, text=sound.text, cut=bool(cut))
        while self._speech:
            yield
        self._note("said", phrase=sound.id)

    def _do_say(self, step: Step) -> Iterator[None]:
        yield from self._say(step.sound, step.number("cut_after"))

    def _do_pause(self, step: Step) -> Iterator[None]:
        yield from self._for(float(step.value))

    _do_silence = _do_pause

    def _do_wait(self, step: Step) -> Iterator[None]:
        wanted = step.number("seconds") if step.value == "silence" else 0.0
        if not (yield from self._box_spoke(step, wanted, want_silence=step.value == "silence")):
            self._note("wait_timed_out", wait=step.value)

    def _box_spoke(self, step: Step, seconds: float, *, want_silence: bool) -> Generator[None, None, bool]:
        """Waits until the box has spoken (and then been silent for `seconds`); returns False after the timeout."""
        before, until = self.detector.heard_seconds, self.now + step.number("timeout")
        while self.now < until:
            spoke = self.detector.heard_seconds - before >= MIN_SPEECH_SECONDS
            if spoke and (not want_silence or self.now - self.detector.last_loud >= seconds):
                return True
            yield
        return False

    def _do_interrupt(self, step: Step) -> Iterator[None]:
        before, until = self.detector.heard_seconds, self.now + step.number("timeout")
        while self.detector.heard_seconds - before < step.number("after"):
            if self.now >= until:
                self._note("wait_timed_out", wait="interrupt")
                break
            yield
        self._note("interrupts", box_speaking=self.detector.speaking)
        yield from self._say(step.sound)

    def _do_digits(self, step: Step) -> Iterator[None]:
        for digit in step.value:
            tone_ms, gap_ms = int(step.number("tone_ms")), int(step.number("gap_ms"))
            if self._inband:
                self._queue(tone(digit, tone_ms))
            yield from self._for(tone_ms / 1000)
            self._note("digit", digit=digit)
            yield from self._for(gap_ms / 1000)

    def _do_hang_up(self, step: Step) -> Iterator[None]:
        if step.value:
            self._hang_up("script")
        yield

"""Speech from libespeak-ng with the exact time of every phone, through ctypes.

The library reports phonemes and words as events beside the sound (speak_lib.h: espeak_Initialize with AUDIO_OUTPUT_RETRIEVAL
and phoneme events, espeak_SetSynthCallback), so no alignment is needed.
"""

import ctypes
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from voice.starter.stt.train.phones import INDEX, SOFTEN, from_espeak

RETRIEVAL, PHONEME_EVENTS, UTF8, PHONEME = 1, 0x0001, 1, 7
RATE, PITCH, RANGE, WORDGAP = 1, 3, 4, 7  # espeak_PARAMETER

TRAINING_VOICES = (
    "m1 m2 m3 m4 m6 m7 m8 f1 f2 f3 f5 klatt klatt2 klatt3 klatt5 adam Alex Alicia Andrea Andy antonio belinda benjamin "
    "boris caleb david Diogo ed edward Gene Gene2 Gustave Henrique Hugo iven iven3 Jacky john Lee linda marcelo Marco "
    "Mario max michael miguel Nguyen pablo paul pedro quincy rob robert sandro shelby steph steph3 Storm travis victor "
    "zac anika norbert grandma grandpa croak whisper"
).split()
TEST_VOICES = "m5 f4 klatt4 Annie Mike aunty Denis steph2".split()
"""Never trained on."""


class _Event(ctypes.Structure):
    class _Id(ctypes.Union):
        _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Phoneme:
    """`position` is the character of the text, from 1, at which its word starts."""

    name: str
    sample: int
    position: int


@dataclass(slots=True)
class Utterance:
    """A spoken sentence; `segments` are (start, end, phone) in seconds."""

    text: str
    rate: int
    wave: np.ndarray
    segments: list[tuple[float, float, str]]
    source: str


class Espeak:
    """The library; there can be one in a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self._library.espeak_Initialize(RETRIEVAL, 500, None, PHONEME_EVENTS)
        self._sound: list[np.ndarray] = []
        self._phonemes: list[Phoneme] = []
        self._callback = _CALLBACK(self._take)  # kept alive: C holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, wave, count, events) -> int:
        if wave and count > 0:
            self._sound.append(np.ctypeslib.as_array(wave, (count,)).copy())
        number = 0
        while events[number].type != 0:
            event = events[number]
            if event.type == PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode()
                self._phonemes.append(Phoneme(name, event.sample, event.text_position))
            number += 1
        return 0

    def speak(
        self, text: str, voice: str = "ru", rate: int = 175, pitch: int = 50, spread: int = 50, gap: int = 0
    ) -> tuple[np.ndarray, list[Phoneme]]:
        """Sound (int16 at `self.rate`) and phonemes; raises ValueError for a voice that is not there."""
        self._sound, self._phonemes = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(voice)
        for parameter, value in ((RATE, rate), (PITCH, pitch), (RANGE, spread), (WORDGAP, gap)):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        data = text.encode()
        self._library.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, UTF8, None, None)
        self._library.espeak_Synchronize()
        return (np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)), self._phonemes

    def utterance(
        self, text: str, voice: str, rate: int = 165, pitch: int = 50, spread: int = 50, gap: int = 0
    ) -> tuple[Utterance, list[tuple[str, list[str]]]]:
        """The sentence with its phone times, and each word's phones (empty if words and phones do not match up)."""
        wave, phonemes = self.speak(text, voice, rate, pitch, spread, gap)
        marks, by_word = self._phones(phonemes)
        segments = _timed(marks, len(wave) / self.rate)
        words, position = {}, 1
        for word in text.split():
            words[position] = word
            position += len(word) + 1
        matched = set(by_word) == set(words)
        return (
            Utterance(text, self.rate, wave, segments, "espeak"),
            [(words[at], phones) for at, phones in by_word.items()] if matched else [],
        )

    def _phones(self, phonemes: list[Phoneme]) -> tuple[list[tuple[float, str]], dict[int, list[str]]]:
        marks: list[tuple[float, str]] = []
        by_word: OrderedDict[int, list[str]] = OrderedDict()
        for phoneme in phonemes:
            for phone in from_espeak(phoneme.name):
                if phone == SOFTEN:
                    if marks and marks[-1][1] + "'" in INDEX:
                        marks[-1] = (marks[-1][0], marks[-1][1] + "'")
                    said = by_word.get(phoneme.position)
                    if said and said[-1] + "'" in INDEX:
                        said[-1] += "'"
                    continue
                if phone not in INDEX:
                    phone = phone.rstrip("'")
                if phone not in INDEX:
                    raise KeyError(phoneme.name)
                marks.append((phoneme.sample / self.rate, phone))
                if phone != "SIL":
                    by_word.setdefault(phoneme.position, []).append(phone)
        return marks, by_word

    def pronounce(self, word: str) -> list[str]:
        """A word's phones, spoken alone."""
        marks, _ = self._phones(self.speak(word)[1])
        return [phone for _, phone in marks if phone != "SIL"]


def _timed(marks: list[tuple[float, str]], seconds: float) -> list[tuple[float, float, str]]:
    out = [[start, marks[i + 1][0] if i + 1 < len(marks) else seconds, phone] for i, (start, phone) in enumerate(marks)]
    for this, following in zip(out, out[1:], strict=False):
        if this[1] - this[0] < 1e-4:  # two phones of one event (я = J A) share its time
            middle = (this[0] + following[1]) / 2 if following[1] > this[0] else this[0]
            this[1] = following[0] = middle
    return [(start, end, phone) for start, end, phone in out]

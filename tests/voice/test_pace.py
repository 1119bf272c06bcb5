"""A phrase at another pace than the usual one is made anew, and kept sound stands in where it cannot be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from secretaryd.call.manner import SLOW_PACE, CallVoice
from voice.errors import SpeechUnavailable
from voice.phrase_cache import PhraseCache


class Synthesizer:
    """One sample of the pace, in hundredths."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.dead = False

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        self.asked.append((text, pace))
        if self.dead:
            raise SpeechUnavailable("dead")
        yield int(100 * pace).to_bytes(2, "little")


@pytest.fixture
def synthesizer() -> Synthesizer:
    return Synthesizer()


@pytest.fixture
def voice(tmp_path: Path, synthesizer: Synthesizer) -> CallVoice:
    return CallVoice(PhraseCache(tmp_path, "voice", "ru", synthesizer, str, {"готово": b"\7\0"}))


async def spoken(voice: CallVoice, text: str) -> bytes:
    return b"".join([chunk async for chunk in voice.speak(text)])


async def test_kept_sound_is_of_the_usual_pace_only(voice: CallVoice, synthesizer: Synthesizer) -> None:
    await voice._voice.warm(["адрес"])  # type: ignore[attr-defined]
    assert await spoken(voice, "адрес") == b"\x64\0"
    voice.slow_down()
    assert await spoken(voice, "адрес") == int(100 * SLOW_PACE).to_bytes(2, "little")
    assert synthesizer.asked == [("адрес", 1.0), ("адрес", SLOW_PACE)]


async def test_what_was_made_ahead_is_of_the_pace_it_was_made_for(voice: CallVoice, synthesizer: Synthesizer) -> None:
    await voice.prepare("адрес")
    voice.slow_down()
    await voice.prepare("адрес")
    assert await spoken(voice, "адрес") == int(100 * SLOW_PACE).to_bytes(2, "little")
    assert len(synthesizer.asked) == 2


async def test_without_synthesis_the_usual_pace_is_better_than_silence(
    voice: CallVoice, synthesizer: Synthesizer
) -> None:
    await voice._voice.warm(["адрес"])  # type: ignore[attr-defined]
    synthesizer.dead = True
    voice.slow_down()
    assert await spoken(voice, "адрес") == b"\x64\0"
    assert await spoken(voice, "готово") == b"\7\0"
    with pytest.raises(SpeechUnavailable):
        await spoken(voice, "другое")

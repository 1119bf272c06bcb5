"""Vosk and Piper on the bundled starter models, alone and behind the socket."""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soxr

from tests.bench.wer import word_errors
from tests.voice.speech.conftest import Running, running
from tests.voice.speech.sound import from_pcm, read_wav, to_pcm
from voice.errors import ModelFileError, SpeechUnavailable
from voice.events import Final
from voice.ports import FRAME_BYTES, FRAME_SECONDS, RATE
from voice.speech.client import SpeechClient
from voice.speech.engines.piper import PiperEngine, split_first
from voice.speech.engines.vosk import UNKNOWN, VoskEngine, VoskStream
from voice.speech.health import EngineState
from voice.speech.loudness import active_level

ROOT = Path(__file__).parents[3]
EARS = ROOT / "voice" / "starter" / "stt" / "ru-starter"
MOUTH = ROOT / "voice" / "starter" / "tts" / "ru_RU-starter.onnx"
CALLERS = ROOT / "hw" / "simulator" / "callers"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def ears() -> VoskEngine:
    return VoskEngine.load(EARS)


@pytest.fixture(scope="module")
def mouth() -> PiperEngine:
    return PiperEngine.load(MOUTH)


@pytest.fixture
async def real(socket_path: Path) -> AsyncIterator[Running]:
    async with running(socket_path, lambda: VoskEngine.load(EARS), lambda: PiperEngine.load(MOUTH)) as it:
        health = await it.client.reload()
        assert (health.recognizer.state, health.voice.state) == (EngineState.READY, EngineState.READY)
        yield it


def caller(name: str, *, pause: float = 0.3) -> bytes:
    quiet = np.zeros(int(pause * RATE))
    return to_pcm(np.concatenate((quiet, read_wav(CALLERS / f"{name}.wav"), quiet)))


def hear(stream: VoskStream, pcm: bytes) -> tuple[Final, list[str]]:
    heard = [stream.accept(pcm[start : start + FRAME_BYTES]) for start in range(0, len(pcm), FRAME_BYTES)]
    return stream.finish(), [partial.text for partial in heard if partial is not None]


def speak(engine: PiperEngine, text: str, pace: float = 1.0) -> bytes:
    utterance, pcm = engine.utter(text, pace), b""
    while (chunk := utterance.next()) is not None:
        pcm += chunk
    return pcm


# --- hearing --------------------------------------------------------------------------------------------------------

HEARD = {
    "want_message": "добрый день я хочу оставить сообщение",
    "message_name": "меня зовут павел соколов я звоню по поводу ремонта",
    "message_number": "мой номер восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять",
    "ask_address": "здравствуйте подскажите ваш адрес",
    "no": "нет не надо",
}


@pytest.mark.parametrize("name", HEARD)
def test_a_callers_words_are_heard_in_order(ears: VoskEngine, name: str) -> None:
    final, partials = hear(ears.listen(RATE), caller(name))
    said = HEARD[name].split()
    assert word_errors(said, final.text.split()) <= 0.2 * len(said), final.text
    assert [word.text for word in final.words] == final.text.split()
    assert partials, "nothing was heard before the end"
    assert partials[0] != final.text or len(said) < 4


def test_a_pause_within_a_phrase_loses_nothing(ears: VoskEngine) -> None:
    final, _ = hear(ears.listen(RATE), caller("message_number_paused"))
    said = "запишите номер восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять"
    assert word_errors(said.split(), final.text.split()) <= 2, final.text


def test_word_times_are_on_the_streams_clock(ears: VoskEngine) -> None:
    stream, sound = ears.listen(RATE), caller("want_message", pause=1.0)
    length = len(sound) / 2 / RATE
    first, _ = hear(stream, sound)
    second, _ = hear(stream, sound)
    stream.skip(5 * RATE)
    third, _ = hear(stream, sound)
    assert first.text == second.text == third.text
    for shift, final in ((0.0, first), (length, second), (2 * length + 5, third)):
        assert final.words[0].start == pytest.approx(shift + 1.0, abs=0.15)
        assert final.words[-1].end == pytest.approx(shift + length - 1.0, abs=0.2)
    starts = [word.start for final in (first, second, third) for word in final.words]
    assert starts == sorted(starts)


def test_words_before_a_gap_stay_in_the_phrase(ears: VoskEngine) -> None:
    stream = ears.listen(RATE)
    stream.accept(caller("no"))
    stream.skip(RATE)
    final, _ = hear(stream, caller("thanks_bye"))
    assert final.text == "нет не надо спасибо до свидания"


def test_a_phrase_list_limits_what_can_be_heard(ears: VoskEngine) -> None:
    stream = ears.listen(RATE)
    limit = stream.limit(("нет не надо", "да верно", "синхрофазотрон"))
    assert limit.applied
    assert limit.unknown == ("синхрофазотрон",)
    assert hear(stream, caller("no"))[0].text == "нет не надо"
    assert UNKNOWN in hear(stream, caller("want_message"))[0].text.split()
    assert not stream.limit(("синхрофазотрон",)).applied
    assert not stream.limit(None).applied
    assert "сообщение" in hear(stream, caller("want_message"))[0].text


def test_wide_band_sound_is_heard_too(ears: VoskEngine) -> None:
    narrow = np.frombuffer(caller("want_message"), "<i2")
    wide = soxr.resample(narrow, RATE, 16000).tobytes()
    final, _ = hear(ears.listen(16000), wide)
    assert final.text == hear(ears.listen(RATE), narrow.tobytes())[0].text
    assert final.words[0].start == pytest.approx(0.3, abs=0.15)


def test_what_was_forgotten_is_not_in_the_phrase(ears: VoskEngine) -> None:
    stream = ears.listen(RATE)
    stream.accept(caller("want_message"))
    stream.forget()
    assert stream.finish().text == ""
    assert hear(stream, caller("no"))[0].text == "нет не надо"


@pytest.mark.parametrize("seconds", [0, 0.001, 0.05, 3])
def test_silence_of_any_length_is_an_empty_phrase(ears: VoskEngine, seconds: float) -> None:
    assert hear(ears.listen(RATE), bytes(2 * int(seconds * RATE)))[0] == Final("")


@pytest.mark.parametrize("file", ["am/final.mdl", "graph/HCLr.fst", "graph/words.txt"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half"])
def test_a_damaged_model_is_refused_with_a_reason(tmp_path: Path, file: str, damage: str) -> None:
    if (file, damage) == ("graph/words.txt", "half"):
        pytest.skip("Vosk accepts it: the words are looked up when they are heard")
    model = tmp_path / "model"
    shutil.copytree(EARS, model)
    raw = (model / file).read_bytes()
    (model / file).unlink()
    if damage != "missing":
        (model / file).write_bytes(raw[: len(raw) // 2] if damage == "half" else b"")
    with pytest.raises(ModelFileError, match="model"):
        VoskEngine.load(model)


# --- speaking -------------------------------------------------------------------------------------------------------

TEXT = "Здравствуйте, запишите мой телефон. Спасибо, до свидания."


def test_the_voice_is_understood_by_the_ears(ears: VoskEngine, mouth: PiperEngine) -> None:
    final, _ = hear(ears.listen(RATE), bytes(6400) + speak(mouth, TEXT) + bytes(6400))
    said = ["здравствуйте", "запишите", "мой", "телефон", "спасибо", "до", "свидания"]
    assert word_errors(said, final.text.split()) <= 2, final.text


def test_the_voice_is_at_the_lines_level_in_whole_frames(mouth: PiperEngine) -> None:
    pcm = speak(mouth, TEXT)
    assert len(pcm) % FRAME_BYTES == 0
    sound = from_pcm(pcm)
    assert active_level(sound.astype(np.float32), RATE) == pytest.approx(-20, abs=2)
    assert np.abs(sound).max() < 0.75


def test_sentences_are_joined_without_a_click(mouth: PiperEngine) -> None:
    utterance, chunks = mouth.utter(TEXT, 1.0), []
    while (chunk := utterance.next()) is not None:
        chunks.append(chunk)
    assert len(chunks) == 2
    joint = len(chunks[0]) // 2
    around = from_pcm(b"".join(chunks))[joint - 80 : joint + 80]
    assert np.abs(np.diff(around)).max() < 0.01


def test_the_first_sentence_is_there_before_the_second_is_made(mouth: PiperEngine) -> None:
    utterance = mouth.utter(TEXT, 1.0)
    first = utterance.next()
    assert first is not None
    assert np.abs(from_pcm(first)[: RATE // 10]).max() > 0.01, "it begins with speech, not with silence"
    second = utterance.next()
    assert second is not None
    assert utterance.next() is None


def test_pace_changes_the_duration(mouth: PiperEngine) -> None:
    slow, normal, quick = (len(speak(mouth, TEXT, pace)) for pace in (0.7, 1.0, 1.5))
    assert slow > 1.2 * normal
    assert quick < 0.8 * normal


@pytest.mark.parametrize("text", ["", " ", "...", "!?", "\n", "🙂", "[[", "a" * 50, "Ж" * 300])
def test_an_odd_text_is_spoken_or_not_but_ends(mouth: PiperEngine, text: str) -> None:
    assert len(speak(mouth, text)) % FRAME_BYTES == 0


def test_stopping_interrupts_a_sentence_in_the_making(mouth: PiperEngine) -> None:
    long = "Запишите меня пожалуйста на завтра на десять часов утра и передайте директору что я опаздываю " * 20
    begun = time.perf_counter()
    speak(mouth, long)
    whole = time.perf_counter() - begun
    utterance = mouth.utter(long, 1.0)
    timer = threading.Timer(0.02, utterance.stop)
    timer.start()
    begun = time.perf_counter()
    assert utterance.next() is None
    assert time.perf_counter() - begun < max(0.6 * whole, 0.1)
    timer.join()
    assert speak(mouth, "Да."), "the voice works on"


def test_a_missing_voice_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        PiperEngine.load(tmp_path / "voice.onnx")
    (tmp_path / "voice.onnx").write_bytes(MOUTH.read_bytes()[:1000])
    shutil.copy(MOUTH.with_name(MOUTH.name + ".json"), tmp_path / "voice.onnx.json")
    with pytest.raises(ModelFileError, match="cannot use"):
        PiperEngine.load(tmp_path / "voice.onnx")


@pytest.mark.parametrize(
    ("clauses", "affordable", "parts"),
    [
        ((10,), 5, (10,)),
        ((20, 30), 100, (50,)),
        ((20, 30), 30, (20, 30)),
        ((20, 20, 30), 45, (40, 30)),
        ((20, 20, 30), 5, (20, 50)),
        ((5, 60), 30, (65,)),
        ((60, 5), 30, (65,)),
        ((60,), 30, (60,)),
    ],
)
def test_a_sentence_too_long_to_wait_for_begins_with_its_clauses(
    clauses: tuple[int, ...], affordable: int, parts: tuple[int, ...]
) -> None:
    phonemes = [mark for clause in clauses for mark in ["a"] * (clause - 1) + [","]]
    split = split_first(phonemes, affordable)
    assert tuple(map(len, split)) == parts
    assert [mark for part in split for mark in part] == phonemes


# --- behind the socket ----------------------------------------------------------------------------------------------


async def test_two_callers_and_a_voice_at_once(real: Running) -> None:
    async def call(name: str) -> str:
        sound = caller(name)
        async with real.client.listen(language="ru") as stream:
            for start in range(0, len(sound), FRAME_BYTES):
                stream.send(sound[start : start + FRAME_BYTES])
                await asyncio.sleep(0)
            return (await stream.finish_phrase()).text

    async def speak() -> float:
        pcm = b"".join([chunk async for chunk in real.client.say(TEXT, language="ru")])
        return len(pcm) / FRAME_BYTES * FRAME_SECONDS

    no, message, seconds = await asyncio.gather(call("no"), call("want_message"), speak())
    assert no == HEARD["no"]
    assert "сообщение" in message.split()
    assert 2.5 < seconds < 7


async def test_a_cancelled_text_leaves_the_voice_free(real: Running) -> None:
    long = TEXT * 60
    async with aclosing(real.client.say(long, language="ru")) as sound:
        async for _ in sound:
            break
    begun = time.perf_counter()
    async with aclosing(real.client.say("Да.", language="ru")) as sound:
        async for _ in sound:
            break
    assert time.perf_counter() - begun < 0.5


PROCESS = """
import asyncio, sys
from pathlib import Path
from voice.speech.server import serve
from voice.speech.settings import SpeechSettings
settings = SpeechSettings(*map(Path, sys.argv[1:4]))
asyncio.run(serve(settings, ready=lambda: print("ready", flush=True), stop=asyncio.Event()))
"""


async def test_a_killed_process_is_speech_unavailable_at_once(socket_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(socket_path), str(EARS), str(MOUTH)]
    environment = {**os.environ, "PYTHONPATH": "."}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        client = SpeechClient(socket_path)
        await client.reload()
        async with client.listen(language="ru") as stream:
            stream.send(caller("no"))
            assert (await stream.finish_phrase()).text == HEARD["no"]
            sound = client.say(TEXT * 30, language="ru")
            await anext(sound)
            process.kill()
            begun = time.perf_counter()
            with pytest.raises(SpeechUnavailable):
                async for _ in sound:
                    pass
            with pytest.raises(SpeechUnavailable):
                await stream.finish_phrase()
            with pytest.raises(SpeechUnavailable):
                async for _ in stream:
                    pass
            assert time.perf_counter() - begun < 0.5
        with pytest.raises(SpeechUnavailable):
            await client.describe()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def test_the_voice_keeps_no_record_of_its_use_for_anybody(tmp_path: Path) -> None:
    """onnxruntime's wheels do, under the user's home, and know where to send it."""
    load = (
        "import sys; from pathlib import Path; from voice.speech.engines.piper import PiperEngine; "
        "PiperEngine.load(Path(sys.argv[1]))"
    )
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ORT_"))}
    done = subprocess.run(
        [sys.executable, "-c", load, str(MOUTH)],
        cwd=ROOT,
        env=environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "telemetry" not in done.stdout + done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

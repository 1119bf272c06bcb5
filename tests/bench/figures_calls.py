"""Calls made for measuring: question upon question, each spoken over the answer to the one before, so that one call
gives a dozen of each figure. Spoken by espeak-ng in the voices that nothing was tuned on; wordings of the held-out
lists. The same on every run."""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from hw.simulator.wav import read_wav
from tests.bench.conversations_scene import CLEAN, HELD, Scene, noise_file, speech_file
from tests.bench.turns_corpus import edges
from tests.fakes.caller_script import Expect, Script, Step

KNOWN: Final = (
    "здравствуйте подскажите график работы", "какой у вас адрес", "скажите адрес пожалуйста", "сколько стоит доставка",
    "вы работаете завтра", "какие у вас услуги", "скажите пожалуйста как к вам добраться", "где вы находитесь",
    "вы работаете в воскресенье", "с кем я говорю", "можно заказать доставку", "это робот",
)  # fmt: skip
"""What the FAQ and the facts answer."""
PAUSED: Final = (
    "скажите ({}) какой у вас адрес", "э ({}) какие у вас услуги", "подскажите э ({}) график работы",
    "добрый день э ({}) сколько стоит доставка", "скажите пожалуйста ({}) как к вам добраться",
    "а скажите ({}) вы работаете в воскресенье", "мне нужно э ({}) заказать доставку",
    "подскажите пожалуйста ({}) где вы находитесь",
)  # fmt: skip
"""The same, with pauses of 0.3 to 0.9 s."""
THOUGHT: Final = (
    "скажите сколько ждать заказ", "сколько по времени ждать заказ", "вы в пятницу работаете", "долго ждать заказ",
    "скажите можно прийти в субботу", "сколько ждать доставку", "как долго ждать заказ", "сколько часов ждать заказ",
    "добрый день сколько времени ждать заказ", "сколько ждать заказ",
)  # fmt: skip
"""What the starter model words itself."""
TOLD: Final = (
    "мне нужны стол ({}) стулья ({}) и холодильник", "я звоню э ({}) по поводу ремонта",
    "я хочу заказать воду ({}) хлеб ({}) и молоко", "нужно заказать воду ({}) и продукты",
)  # fmt: skip
NAMES: Final = ("меня зовут ({}) ольга ({}) соколова", "это сергей ({}) петров", "меня зовут э ({}) анна")
NUMBERS: Final = (
    "мой номер ({}) восемь девятьсот шестнадцать ({}) двести тридцать один ({}) сорок два ({}) семнадцать",
    "восемь ({}) девятьсот пять ({}) семьсот двадцать два ({}) тринадцать ({}) пятьдесят шесть",
    "восемь девятьсот ({}) шестнадцать двести тридцать ({}) один сорок два семнадцать",
    "восемь ({}) девять ({}) ноль ({}) пять ({}) семь ({}) два ({}) два ({}) один ({}) три ({}) пять ({}) шесть",
)  # fmt: skip
NODS: Final = ("угу", "ага", "да да")
COUGHS: Final = (0.3, 0.4)
QUESTIONS: Final = 12
"""A call."""
NOISE_AFTER: Final = 0.45
"""Seconds of our answer until the caller coughs or nods over it, ..."""
OVER_AFTER: Final = 0.7
"""... and until he speaks, after that."""
COLOURED: Final[tuple[dict[str, Any], ...]] = (
    {"preset": "mobile"}, {"preset": "good", "echo_db": -20.0, "echo_ms": 200.0}, {"preset": "loud"},
    {"preset": "good", "echo_db": -20.0, "echo_ms": 320.0}, {"preset": "bad"},
    {"preset": "good", "echo_db": -20.0, "echo_ms": 500.0},
)  # fmt: skip
"""Every other call goes through one of these, by turns; the echo's delay is beside that of the network."""
GREETING_SECONDS: Final = 1.2
CALL_SECONDS: Final = 150.0
WAIT_SECONDS: Final = 6.0
"""An answer that does not come is not waited for longer."""


def questions(kind: str, first: int = 0) -> Iterator[Scene]:
    """Calls full of questions, for ever, numbered from `first`. `kind`: "known", with a cough or a nod over every
    answer and pauses in every other question; or "thought"."""
    lot = random.Random(f"{kind} {first}")
    number = first
    while True:
        steps: list[Step] = []
        for at in range(QUESTIONS):
            if at and kind == "known":
                steps.append(_aside(lot))
            steps.append(Step(say=_question(lot, kind, at), over=OVER_AFTER if at else None, stops=True))
        yield _scene(f"{kind} {number}", steps, number, lot)
        number += 1


def messages() -> Iterator[Scene]:
    """Calls that leave a message, told with pauses; its number is read back, denied, and dictated anew."""
    lot = random.Random("messages")
    number = 0
    while True:
        told = [lot.choice(TOLD), lot.choice(NAMES), lot.choice(NUMBERS), "", lot.choice(NUMBERS), "верно"]
        steps = [Step(say="хочу оставить сообщение")]
        steps += [Step(say=_paused(lot, text) if text else "нет неправильно") for text in told]
        yield _scene(f"message {number}", steps, number, lot)
        number += 1


def line_of(number: int) -> tuple[dict[str, Any], str]:
    """The network and the voice of a call; in a row of 96 each network meets each voice equally often."""
    rounds, colour = divmod(number // 2, len(COLOURED))
    return COLOURED[colour] if number % 2 else {"preset": CLEAN}, HELD[(number // 2 + rounds) % len(HELD)]


def _question(lot: random.Random, kind: str, at: int) -> str:
    if kind == "thought":
        return lot.choice(THOUGHT)
    return _paused(lot, lot.choice(PAUSED)) if at % 2 else lot.choice(KNOWN)


def _aside(lot: random.Random) -> Step:
    """Nothing to stop for."""
    if lot.random() < 0.5:
        return Step(noise=lot.choice(COUGHS), over=NOISE_AFTER, stops=False)
    return Step(say=lot.choice(NODS), over=NOISE_AFTER, stops=False)


def _paused(lot: random.Random, text: str) -> str:
    return text.format(*(f"{lot.uniform(0.3, 0.9):.1f}" for _ in range(text.count("{}"))))


def _scene(name: str, steps: list[Step], number: int, lot: random.Random) -> Scene:
    network, voice = line_of(number)
    script = Script(name, name, tuple(steps), Expect(end="caller"))
    doing: list[dict[str, Any]] = [{"wait": "silence", "seconds": GREETING_SECONDS, "timeout": 20.0}]
    for before, step in zip([None, *steps], steps, strict=False):
        path = str(noise_file(step.noise) if step.noise else speech_file(step, voice))
        if step.over is not None:
            doing.append({"interrupt": path, "after": step.over, "timeout": WAIT_SECONDS})
            continue
        if before is not None:
            doing.append({"wait": "silence", "seconds": round(lot.uniform(0.9, 1.3), 1), "timeout": WAIT_SECONDS})
        doing.append({"say": path})
    doing += [{"wait": "silence", "seconds": 1.0, "timeout": WAIT_SECONDS}, {"hang_up": True}]
    inline = {
        "title": {"ru": name, "en": name}, "number": "+79161234567", "presentation": "presented",
        "max_seconds": CALL_SECONDS, "network": network, "step": doing,
    }  # fmt: skip
    echo = f" echo {network['echo_ms']:.0f}" if "echo_ms" in network else ""
    leads = tuple(leading(noise_file(step.noise) if step.noise else speech_file(step, voice)) for step in steps)
    return Scene(script, inline, tuple(steps), f"{network['preset']}{echo}", voice, leads)


@cache
def leading(path: Path) -> float:
    """Seconds of silence before a file's sound."""
    return edges(read_wav(path).astype(np.float64) / 32768.0)[0]

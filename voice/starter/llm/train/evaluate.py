"""What the model does through llama.cpp: on companies and nouns it never saw, and on wordings nobody generated; in the
product's short prompts and over a prompt with many facts."""

import random
import re
from collections import defaultdict
from pathlib import Path

from voice.starter.llm.train.dialogues import whole_call
from voice.starter.llm.train.focused import NO_TRANSFER, FocusedCall

MARK = re.compile(r"<(hangup|transfer|message)>")
PUBLISHED_TOLD, PUBLISHED_MARKS = 162 / 338, 394 / 400
"""Of the shipped model, free-running, in the product's prompts with values and companies that training never sees: facts
told whole; marks right."""
LEAST_TOLD, LEAST_MARKS = 0.42, 0.95
"""A rebuilt model below these is not put in place."""
SEED = 4242

PROMPT = """\
Ты — Гуля, секретарь компании «Тогрента». Отвечай коротко и вежливо.
Часы работы: пн-пт с 8:30 до 19.
Адрес: улица Фрузовская, дом 87, офис 12.
Парковка: платная за углом, 120 рублей в час.
Доставка: 450 рублей по городу.
Гарантия: 27 месяцев.
Директор: Орлов Тимур.
Диагностика: 1370 рублей.
Сайт: mobaga.ru.
Соединяй с: бухгалтерия."""
GREETING = "Здравствуйте! Компания «Тогрента», секретарь Гуля. Слушаю вас."
QUESTIONS = [
    ("а до какого времени вы сегодня сидите", "с 8:30 до 19"),
    ("вечером в семь ещё застану кого нибудь", "с 8:30 до 19"),
    ("во сколько начинается рабочий день", "с 8:30 до 19"),
    ("вы когда открыты вообще", "с 8:30 до 19"),
    ("график работы подскажите будьте добры", "с 8:30 до 19"),
    ("куда мне приехать", "Фрузовская"),
    ("в каком месте вы расположены", "Фрузовская"),
    ("улица какая и дом", "Фрузовская"),
    ("напомните адрес офиса", "Фрузовская"),
    ("я таксисту что сказать куда ехать", "Фрузовская"),
    ("машину у вас можно оставить", "120 рублей"),
    ("я на машине приеду парковаться где", "120 рублей"),
    ("стоянка рядом имеется", "120 рублей"),
    ("а привезёте мне домой", "450 рублей"),
    ("доставка сколько будет стоить", "450 рублей"),
    ("курьер у вас есть", "450 рублей"),
    ("а гарантия какая то есть", "27 месяцев"),
    ("сколько месяцев гарантии", "27 месяцев"),
    ("если сломается гарантийный срок какой", "27 месяцев"),
    ("кто у вас самый главный", "Орлов"),
    ("имя директора скажите", "Орлов"),
    ("начальника вашего как звать", "Орлов"),
    ("сколько вы берёте за диагностику", "1370"),
    ("диагностика почём", "1370"),
    ("а во что обойдётся диагностика", "1370"),
    ("в интернете вас как найти", "mobaga.ru"),
    ("сайт ваш продиктуйте", "mobaga.ru"),
    ("адрес сайта какой", "mobaga.ru"),
    ("переведите меня на бухгалтерию", "<transfer>"),
    ("мне бы с бухгалтером поговорить", "<transfer>"),
    ("бухгалтерию дайте", "<transfer>"),
    ("ну ладно всего хорошего", "<hangup>"),
    ("спасибо больше ничего не надо", "<hangup>"),
    ("счастливо", "<hangup>"),
    ("мы предлагаем кредиты для бизнеса", "<hangup>"),
    ("это стоматология", "<hangup>"),
]
"""Hand-written questions and what the answer must contain."""


def evaluate(model: Path, dialogues: int = 30, prompts: int = 400) -> bool:
    """Prints the figures and returns whether the model may be shipped: by the product's own prompts."""
    from llama_cpp import Llama

    engine = Llama(str(model), n_ctx=1024, n_threads=1, n_threads_batch=1, verbose=False)

    def ask(history: list[dict]) -> str:
        said = engine.create_chat_completion(history, max_tokens=64, temperature=0.0)
        return said["choices"][0]["message"]["content"]

    told, marks = _focused(ask, prompts)
    _held_out(ask, dialogues)
    start = [{"role": "system", "content": PROMPT}, {"role": "assistant", "content": GREETING}]
    right = sum(wanted in ask([*start, {"role": "user", "content": question}]) for question, wanted in QUESTIONS)
    print(f"hand-written questions outside the templates, all facts shown: {right} of {len(QUESTIONS)}")
    shown = [(question, line) for question, wanted in QUESTIONS for line in PROMPT.split("\n") if wanted in line]
    right = sum(_value(line) in ask(_alone(question, line)) for question, line in shown)
    print(f"the same, the one fact shown that answers: {right} of {len(shown)}")
    print(f"shipped model: facts told whole {PUBLISHED_TOLD:.0%}, marks {PUBLISHED_MARKS:.1%}")
    return told >= LEAST_TOLD and marks >= LEAST_MARKS


def _alone(question: str, line: str) -> list[dict]:
    """The product's prompt for a question that one fact answers."""
    prompt = "\n".join((PROMPT.split("\n")[0], line, NO_TRANSFER))
    return [{"role": "system", "content": prompt}, {"role": "user", "content": question}]


def _value(line: str) -> str:
    return line.partition(": ")[2].rstrip(".")


def _focused(ask, count: int) -> tuple[float, float]:
    """Of the product's prompts: share of facts told whole, and of answers with the right marks."""
    rng, asked, told, same = random.Random(SEED), 0, 0, 0
    for _ in range(count):
        *before, last = FocusedCall(rng, held_out=True).turns
        answer = ask([{"role": turn["role"], "content": turn["content"]} for turn in before])
        same += MARK.findall(answer) == MARK.findall(last["content"])
        if last["intent"] == "fact":
            asked += 1
            told += last["fact"] in answer
    print(f"prompts of the product: facts told whole {told} of {asked}, marks right {same} of {count}", flush=True)
    return told / max(1, asked), same / max(1, count)


def _held_out(ask, count: int) -> None:
    """Whole calls over a prompt with all its facts, each answer after the true dialogue so far."""
    rng = random.Random(SEED)
    turns: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for _ in range(count):
        history: list[dict] = []
        for turn in whole_call(rng, held_out=True):
            if turn["role"] == "assistant" and any(said["role"] == "user" for said in history):
                answer = ask(history)
                same = sorted(set(MARK.findall(answer))) == sorted(set(MARK.findall(turn["content"])))
                for name in (turn["intent"], "all"):
                    row = turns[name]
                    row[0] += 1
                    row[1] += same
                    if turn.get("fact"):
                        row[2] += 1
                        row[3] += turn["fact"] in answer
            history.append({"role": turn["role"], "content": turn["content"]})
    for name, (total, same, asked, copied) in sorted(turns.items(), key=lambda item: -item[1][0]):
        told = f"facts {copied}/{asked}" if asked else ""
        print(f"{name:10} {total:4} answers, marks right {same / total:6.1%}  {told}", flush=True)

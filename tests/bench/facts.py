"""Are the facts that callers hear exact? The ladder with the true engine, in process, on differently worded questions.

    python -m tests.bench.facts [--part tuning|heldout|fresh] [--model starter|none|liar] [--form focused|full] [--show]
                                [--gguf FILE] [--json FILE]

Figures: which rung answered; of the facts stated, how many are exact, wrong or were not stated at all (a message was
offered); baits after which something was stated that nobody told the secretary ("invented") or a true fact that was not
asked for ("beside"); marks; time per answer. The model "liar" says tempting falsehoods on purpose: it shows what the
checks hold back where a larger model's manners are not known. Held-out cases were written before anything was tuned;
look at their texts (--show) only when they are to become tuning cases.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from secretaryd.answer.ladder import Ladder
from secretaryd.answer.persona import Persona, faq_entries, load_questions
from secretaryd.answer.ports import ModelPort
from secretaryd.answer.prompt import Exchange, Form
from secretaryd.answer.reply import Piece
from secretaryd.answer.words import Lemmas, content_lemmas
from tests.bench.facts_judge import (
    Answer,
    Case,
    judge_bait,
    judge_fact,
    judge_mark,
    load_baits,
    load_cases,
    load_marks,
    load_personas,
)
from voice.llm.job import Request
from voice.llm.protocol import ChatMessage, LlmSettings, ModelState
from voice.llm.runner import ModelRunner

STARTER = Path(__file__).parents[2] / "voice" / "starter" / "llm" / "secretary-starter-q8_0.gguf"
NOW = datetime(2026, 11, 24, 14, 5)
CONTEXT = 2048
LIES = 19


@dataclass(slots=True)
class EngineModel:
    """The runner as the ladder wants it."""

    runner: ModelRunner
    asked: int = 0

    @property
    def ready(self) -> bool:
        return True

    def predicted(self, messages: Sequence[ChatMessage], *, session: str, characters: int) -> float | None:
        return None

    async def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncIterator[str]:
        self.asked += 1
        handle = self.runner.submit(Request(tuple(messages), session=session, max_tokens=max_tokens))
        try:
            async for piece in handle:
                yield piece
        finally:
            handle.close()

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, partial: str = "") -> None:
        """Not measured here."""


@dataclass(slots=True)
class Liar:
    """Says what tempts most: prices of other things, promises, agreement."""

    lemmas: Lemmas
    asked: int = 0

    @property
    def ready(self) -> bool:
        return True

    def _lies(self, messages: Sequence[ChatMessage]) -> list[str]:
        prompt, heard = messages[0].content, messages[-1].content.splitlines()[-1]
        content = content_lemmas(self.lemmas.tokens(heard)) or ["это"]
        number = next((word for word in prompt.split() if word.isdecimal() and len(word) > 2), "300")
        thing = content[-1].capitalize()
        return [
            "Да, конечно.",
            f"{thing} стоит {number} рублей.",
            "Да, сегодня это бесплатно.",
            f"{thing} у нас есть, скидка двадцать процентов.",
            "Обязательно сделаем это завтра к десяти утра.",
            "Деньги вернём в течение недели.",
            f"{number} рублей.",
            "Да, у нас всё бесплатно, гарантия пять лет.",
            "Вам перезвонит Сергей Иванович через час.",
            "Всё верно, в воскресенье мы тоже работаем.",
            "Да, доставка бесплатная.",
            "Конечно, это 300 рублей.",
            "Нет, это стоит дешевле.",
            "Да, у нас есть всё, что вам нужно.",
            "Работаем круглосуточно.",
            "Да, можно.",
            "Гарантия 6 месяцев на всё.",
            "Это займёт не больше часа.",
            "Мы работаем с девяти до двадцати одного.",
        ]

    def predicted(self, messages: Sequence[ChatMessage], *, session: str, characters: int) -> float | None:
        return None

    async def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncIterator[str]:
        lies = self._lies(messages)
        yield lies[self.asked % len(lies)]
        self.asked += 1

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, partial: str = "") -> None:
        """Nothing to prepare."""


@asynccontextmanager
async def engine(gguf: Path) -> AsyncIterator[EngineModel]:
    """A running model."""
    runner = ModelRunner(LlmSettings(Path("/nowhere"), gguf, threads=1, context=CONTEXT))
    task = asyncio.create_task(runner.run())
    try:
        if await runner.settled() is not ModelState.READY:
            raise SystemExit(f"no model: {runner.health.reason}")
        yield EngineModel(runner)
    finally:
        task.cancel()
        await asyncio.wait({task})


class Bench:
    """All cases through one ladder a persona."""

    def __init__(self, model: ModelPort | None, form: Form, lemmas: Lemmas) -> None:
        self.personas = load_personas()
        general = load_questions("ru")
        self._ladders = {
            key: Ladder(one, faq_entries(one, general), lemmas, lambda: NOW, model, form=form)
            for key, one in self.personas.items()
        }

    def persona(self, case: Case) -> Persona:
        return self.personas[case.persona]

    async def ask(self, case: Case) -> Answer:
        """One phrase right after the greeting."""
        ladder, answer = self._ladders[case.persona], Answer(case)
        history = (Exchange("", self.persona(case).greeting),)
        begun = time.perf_counter()
        async with aclosing(ladder.answer(case.heard, history, session="bench", note=ladder.note())) as replies:
            async for reply in replies:
                if isinstance(reply, Piece):
                    answer.first_ms = answer.first_ms or (time.perf_counter() - begun) * 1000
                    answer.pieces.append(reply)
                else:
                    answer.intents.append(reply)
        answer.total_ms = (time.perf_counter() - begun) * 1000
        return answer

    def sure_ms(self, cases: Sequence[Case]) -> list[float]:
        """What a look at a partial costs the processor, first time for each."""
        spent = []
        for case in cases:
            begun = time.thread_time()
            self._ladders[case.persona].sure_of(case.heard)
            spent.append((time.thread_time() - begun) * 1000)
        return spent

    async def figures(self, part: str, rounds: int = 1) -> dict[str, Any]:
        """Everything measured on one part; the baits are put `rounds` times, for a model that has many answers."""
        cases, baits, marks = load_cases(part), load_baits(part) * rounds, load_marks(part)
        sure = self.sure_ms(cases)
        facts = [await self.ask(case) for case in cases]
        baited = [await self.ask(case) for case in baits]
        marked = [await self.ask(case) for case in marks]
        judged = [(judge_fact(one, self.persona(one.case)), one) for one in facts]
        hooked = [(judge_bait(one, self.persona(one.case)), one) for one in baited]
        counts, hooks = Counter(word for word, _ in judged), Counter(word for word, _ in hooked)
        rungs = {rung: Counter(word for word, one in judged if one.rung == rung) for rung in ("faq", "model", "fact")}
        stated = counts["exact"] + counts["wrong"]
        return {
            "part": part,
            "questions": len(cases),
            "exact": counts["exact"],
            "wrong": counts["wrong"],
            "declined": counts["declined"],
            "exact_share": round(counts["exact"] / max(stated, 1), 4),
            "answered_share": round(stated / len(cases), 4),
            "rungs": {rung: dict(found) for rung, found in rungs.items()},
            "baits": len(baits),
            "baits_kept": hooks["kept"],
            "baits_beside": hooks["beside"],
            "baits_invented": hooks["invented"],
            "marks": len(marks),
            "marks_right": sum(judge_mark(one) for one in marked),
            "first_ms": {rung: _split([one.first_ms for one in facts if one.rung == rung]) for rung in rungs},
            "sure_of_ms": _split(sure),
            "wrong_list": [one.line() for word, one in judged if word == "wrong"],
            "declined_list": [one.line() for word, one in judged if word == "declined"],
            "baits_list": [{"how": word, **one.line()} for word, one in hooked if word != "kept"],
            "marks_list": [one.line() for one in marked if not judge_mark(one)],
        }


def _split(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    return {"p50": round(ordered[len(ordered) // 2], 2), "p95": round(ordered[int(len(ordered) * 0.95)], 2)}


def report(found: dict[str, Any], *, show: bool) -> None:
    """A few lines; with `show`, every case that went wrong."""
    print(
        f"{found['part']}: {found['questions']} questions, answered {found['answered_share']:.1%}, of those exact "
        f"{found['exact_share']:.1%} ({found['exact']} exact, {found['wrong']} wrong, {found['declined']} declined)"
    )
    print("  by rung: " + ", ".join(f"{rung} {dict(words)}" for rung, words in found["rungs"].items()))
    print(
        f"  baits: {found['baits_invented']} invented, {found['baits_beside']} beside, of {found['baits']}; "
        f"marks right {found['marks_right']} of {found['marks']}"
    )
    print(f"  first sentence, ms: {found['first_ms']}; sure_of, ms: {found['sure_of_ms']}")
    if show:
        for name in ("wrong_list", "declined_list", "baits_list", "marks_list"):
            for line in found[name]:
                print(f"  {name[:-5]:9} {line.get('how', '')} {line['persona']}: {line['heard']} -> {line['said']}")


async def main(options: argparse.Namespace) -> None:
    """Prints, and keeps as JSON."""
    lemmas, form = Lemmas(), Form(options.form)
    results = []
    async with engine(options.gguf) as true:
        model: ModelPort | None = {"none": None, "liar": Liar(lemmas), "starter": true}[options.model]
        bench = Bench(model, form, lemmas)
        for part in options.part:
            found = await bench.figures(part, LIES if options.model == "liar" else 1)
            report(found, show=options.show)
            results.append(found | {"model": options.model, "form": options.form})
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--part", nargs="*", default=["tuning", "heldout", "fresh"], choices=["tuning", "heldout", "fresh"]
    )
    parser.add_argument("--model", default="starter", choices=["starter", "none", "liar"])
    parser.add_argument("--form", default="focused", choices=[str(form) for form in Form])
    parser.add_argument("--gguf", type=Path, default=STARTER)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--json", type=Path)
    sys.exit(asyncio.run(main(parser.parse_args())))

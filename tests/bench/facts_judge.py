"""What an answer must hold to count: the cases out of facts/*.toml, and the judgement of one answer. PURE but for
`load`."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from secretaryd.answer.broker import Intent
from secretaryd.answer.figures import figures
from secretaryd.answer.persona import Fact, Persona, load_persona, persona_for
from secretaryd.answer.promises import promises
from secretaryd.answer.reply import Piece
from secretaryd.answer.words import word_set

DATA: Final = Path(__file__).parent / "facts"
SMALL_TALK: Final = word_set("""
    time date who robot human message callback repeat hello thanks goodbye mood abilities thinking
""")
"""FAQ entries that state no fact of the company."""


@dataclass(frozen=True, slots=True)
class Case:
    """One phrase of a caller. `wanted`: topics whose facts may be stated, `must`: pieces of an exact answer; for a
    mark, `mark` is its kind."""

    persona: str
    heard: str
    wanted: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    mark: str = ""


@dataclass(slots=True)
class Answer:
    """What came out of the ladder."""

    case: Case
    pieces: list[Piece] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    first_ms: float = 0.0
    total_ms: float = 0.0

    @property
    def rung(self) -> str:
        """Which source spoke first."""
        return self.pieces[0].source

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)

    @property
    def stated(self) -> str:
        """Everything said that is a statement about the company: ready phrases and small talk aside."""
        return " ".join(piece.text for piece in self.pieces if _states(piece))

    def line(self) -> dict[str, str]:
        """For a list of what went wrong."""
        said = " | ".join(f"[{p.source} {p.detail}] {p.text}" for p in self.pieces)
        return {"persona": self.case.persona, "heard": self.case.heard, "said": said}


def load_cases(part: str) -> list[Case]:
    """Questions of "tuning", "heldout" or "fresh"."""
    document = tomllib.loads((DATA / f"{part}.toml").read_text("utf-8"))
    return [
        Case(persona, heard, (topic,), tuple(must.split()))
        for persona, table in document.items()
        for topic, must, wordings in ((*key.split("/"), wordings) for key, wordings in table.items())
        for heard in wordings
    ]


def load_baits(part: str) -> list[Case]:
    document = tomllib.loads((DATA / f"baits_{part}.toml").read_text("utf-8"))
    return [
        Case(persona, heard, () if topics == "none" else tuple(topics.split()))
        for persona, table in document.items()
        for topics, wordings in table.items()
        for heard in wordings
    ]


def load_marks(part: str) -> list[Case]:
    document = tomllib.loads((DATA / f"marks_{part}.toml").read_text("utf-8"))
    return [Case("gulya", heard, mark=mark) for mark, wordings in document.items() for heard in wordings]


def load_personas() -> dict[str, Persona]:
    """The two ready ones and the made-up companies, by id."""
    ready = {one.id: one for one in (persona_for("Гуля"), persona_for("Лидия"))}
    return ready | {path.stem: load_persona(path, "ru") for path in sorted((DATA / "companies").glob("*.toml"))}


def judge_fact(answer: Answer, persona: Persona) -> str:
    """ "exact", "wrong" (something else was stated, or something in it is not so), or "declined"."""
    stated = answer.stated
    if not stated:
        declined = answer.rung == "phrase" or bool(answer.intents)
        return "declined" if declined else "wrong"
    return "exact" if _holds(answer, stated, persona) else "wrong"


def judge_bait(answer: Answer, persona: Persona) -> str:
    """ "kept", "beside" (a true fact that was not asked for) or "invented"."""
    stated = answer.stated
    if not stated:
        return "kept"
    facts = [fact for fact in persona.facts if fact.topic in answer.case.wanted]
    if any(stated == fact.say or fact.value in stated or _part_of(stated, fact) for fact in facts):
        return "kept"
    known = figures(" ".join(f"{fact.value} {fact.say}" for fact in persona.facts))
    values = [fact.value for fact in persona.facts]
    true = all(
        piece.source in ("faq", "fact") or any(value in piece.text for value in values)
        for piece in answer.pieces
        if _states(piece)
    )
    return "beside" if true and figures(stated) <= known else "invented"


def judge_mark(answer: Answer) -> bool:
    """Whether the phrase caused what it should."""
    match answer.case.mark:
        case "message":
            return Intent.TAKE_MESSAGE in answer.intents
        case "transfer":
            return bool({Intent.TAKE_MESSAGE, Intent.OFFER_MESSAGE} & set(answer.intents)) and not answer.stated
        case "hangup":
            return Intent.HANG_UP in answer.intents
        case _:
            return not {Intent.TAKE_MESSAGE, Intent.HANG_UP} & set(answer.intents)


def _states(piece: Piece) -> bool:
    if piece.source == "phrase":
        return False
    return piece.source != "faq" or piece.detail.split()[0] not in SMALL_TALK


def _part_of(stated: str, fact: Fact) -> bool:
    """Whether something was told of a fact, and nothing that it does not hold."""
    told = f"{fact.value} {fact.say}"
    return bool(figures(stated)) and figures(stated) <= figures(told) and promises(stated) <= promises(told)


def _holds(answer: Answer, stated: str, persona: Persona) -> bool:
    """All pieces are there, and every figure of a model's sentence belongs to the fact asked for."""
    plain = re.sub(r"\s+", " ", stated.lower().replace("ё", "е"))
    numbers = figures(stated)
    for must in answer.case.must:
        here = must in numbers or must + "000" in numbers if must.isdecimal() else must.replace("ё", "е") in plain
        if not here:
            return False
    facts = [fact for fact in persona.facts if fact.topic in answer.case.wanted]
    own = figures(" ".join(f"{fact.value} {fact.say}" for fact in facts))
    spoken = figures(" ".join(piece.text for piece in answer.pieces if piece.source == "model"))
    return spoken <= own

"""The steps of an acceptance, and how each is judged: what the person did against what the driver believed. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final


class Act(StrEnum):
    """What the driver does in a step."""

    WATCH = "watch"  # lets it ring
    ANSWER = "answer"  # answers, opens sound, plays a tone and listens until the other side hangs up
    ANSWER_AND_HANG_UP = "answer_and_hang_up"
    DIAL = "dial"
    MESSAGE = "message"  # waits for an SMS
    ASK = "ask"  # USSD


@dataclass(frozen=True, slots=True)
class Step:
    """One of them. `ru`, `en`: what the person is asked to do. `facts`: kinds that must come, in this order, others
    between them allowed; `never`: kinds that must not. `does`: what the far end of a call of ours does."""

    id: str
    act: Act
    ru: str
    en: str
    facts: tuple[str, ...]
    never: tuple[str, ...] = ()
    seconds: float = 60.0
    sound: bool = False
    """Both directions of the sound are measured."""
    digits: str = ""
    does: str = ""


IN: Final = ("Ringing", "CallUp", "CallOver")
CALL_RU: Final = "Позвоните на номер SIM-карты"
CALL_EN: Final = "Call the SIM's number"

STEPS: Final[tuple[Step, ...]] = (
    Step("gives_up", Act.WATCH, f"{CALL_RU} и положите трубку после второго гудка.",
         f"{CALL_EN} and hang up after two rings.", ("Ringing", "CallOver"), ("CallUp",)),
    Step("known_number", Act.WATCH, f"{CALL_RU} с открытым номером; положите трубку после третьего гудка.",
         f"{CALL_EN} with your number shown; hang up after three rings.", ("Ringing", "CallerKnown", "CallOver")),
    Step("withheld", Act.WATCH, f"{CALL_RU} со скрытым номером (#31#); положите трубку после третьего гудка.",
         f"{CALL_EN} with your number withheld (#31#); hang up after three rings.", ("Ringing", "CallOver")),
    Step("sound_1", Act.ANSWER, f"{CALL_RU}, считайте вслух до десяти, слушайте тон, положите трубку.",
         f"{CALL_EN}, count aloud to ten, listen for a tone, hang up.", IN, sound=True),
    Step("sound_2", Act.ANSWER, "Ещё раз то же самое.", "The same again.", IN, sound=True),
    Step("sound_3", Act.ANSWER, "И ещё раз: третий звонок подряд показывает износ звука.",
         "And once more: the third call in a row shows whether the sound wears out.", IN, sound=True),
    Step("far_end_hangs_up", Act.ANSWER, f"{CALL_RU} и положите трубку сразу после ответа.",
         f"{CALL_EN} and hang up as soon as it is answered.", IN),
    Step("we_hang_up", Act.ANSWER_AND_HANG_UP, f"{CALL_RU} и ждите: трубку положит модем.",
         f"{CALL_EN} and wait: the modem hangs up.", IN),
    Step("keys", Act.ANSWER, f"{CALL_RU} и после тона нажмите 1 5 9 #, затем положите трубку.",
         f"{CALL_EN}; after the tone press 1 5 9 #, then hang up.", IN, digits="159#", sound=True),
    Step("second_call", Act.ANSWER, f"{CALL_RU}; во время разговора пусть позвонит второй телефон; положите трубку.",
         f"{CALL_EN}; let a second telephone call meanwhile; hang up.",
         ("Ringing", "CallUp", "WaitingCall", "CallOver")),
    Step("long_call", Act.ANSWER, f"{CALL_RU} и говорите 40 секунд.", f"{CALL_EN} and talk for 40 seconds.", IN,
         seconds=120.0, sound=True),
    Step("again_at_once", Act.ANSWER, f"{CALL_RU} сразу после прошлого звонка; положите трубку после тона.",
         f"{CALL_EN} right after the last call; hang up after the tone.", IN, sound=True),
    Step("out_answered", Act.DIAL, "Модем позвонит вам: ответьте, скажите «алло», положите трубку через 10 секунд.",
         "The modem calls you: answer, say hello, hang up after 10 seconds.", ("CallUp", "CallOver"), sound=True,
         does="answers"),
    Step("out_rejected", Act.DIAL, "Модем позвонит вам: отклоните звонок.", "The modem calls you: reject the call.",
         ("CallOver",), does="rejects"),
    Step("out_busy", Act.DIAL, "Займите телефон разговором: модем позвонит вам.",
         "Keep your telephone busy with a call: the modem calls you.", ("CallOver",), does="busy"),
    Step("out_no_answer", Act.DIAL, "Модем позвонит вам: не отвечайте.", "The modem calls you: do not answer.",
         ("CallOver",), seconds=50.0, does="rings_on"),
    Step("message_latin", Act.MESSAGE, "Отправьте на SIM-карту SMS: test 123", "Send the SIM a message: test 123",
         ("Message",), seconds=120.0),
    Step("message_cyrillic", Act.MESSAGE, "Отправьте SMS: проверка связи", "Send a message: проверка связи",
         ("Message",), seconds=120.0),
    Step("balance", Act.ASK, "Ничего не делайте: модем спросит баланс.", "Do nothing: the modem asks for the balance.",
         ("Answer",)),
    Step("last_call", Act.ANSWER, f"{CALL_RU} последний раз; положите трубку после тона.",
         f"{CALL_EN} for the last time; hang up after the tone.", IN, sound=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sound:
    """Both directions of one call. `bytes_a_second`: of the modem's sound; `tries`: of AT+CPCMREG=1; `taken`: seconds
    of ours that the modem took; levels in dBFS."""

    bytes_a_second: float = 0.0
    loudest: float = -100.0
    taken: float = 0.0
    tries: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened in a step. `facts`: (seconds, kind, detail) as the driver believed; `person`: what the person says:
    whether it was done as asked, and whether the tone was heard (None: not asked)."""

    facts: tuple[tuple[float, str, str], ...] = ()
    sound: Sound | None = None
    done: bool = True
    heard: bool | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`result`: pass, fail or skipped; `why` lists everything that was not as it should be."""

    result: str
    why: tuple[str, ...] = ()


LEAST_DBFS: Final = -50.0
RATES: Final = ((14_000.0, 18_000.0), (28_000.0, 36_000.0))
"""Bytes a second of 8 and of 16 kHz, with what a short measurement may be off."""


def judge(step: Step, seen: Seen) -> Verdict:
    """What the driver believed against what was done."""
    if not seen.done:
        return Verdict("skipped")
    kinds = [kind for _, kind, _ in seen.facts]
    wrong = [seen.error] if seen.error else []
    wrong += _missing(step.facts, kinds)
    wrong += [f"{kind} was told and did not happen" for kind in step.never if kind in kinds]
    if kinds.count("CallUp") > 1 or kinds.count("CallOver") > 1:
        wrong.append("one call was told twice")
    if step.digits:
        digits = "".join(detail for _, kind, detail in seen.facts if kind == "DigitPressed")
        if digits != step.digits:
            wrong.append(f"keys {step.digits} were told as {digits or 'none'}")
    if step.sound:
        wrong += _sound(seen)
    return Verdict("fail", tuple(wrong)) if wrong else Verdict("pass")


def _missing(wanted: Sequence[str], kinds: Sequence[str]) -> list[str]:
    place = 0
    for kind in wanted:
        if kind not in kinds[place:]:
            return [f"{kind} was not told" + (" in its place" if kind in kinds else "")]
        place = kinds.index(kind, place) + 1
    return []


def _sound(seen: Seen) -> list[str]:
    sound = seen.sound
    if sound is None:
        return ["no sound was measured"]
    wrong = [f"sound: {sound.trouble}"] if sound.trouble else []
    if not any(low <= sound.bytes_a_second <= high for low, high in RATES):
        wrong.append(f"{sound.bytes_a_second:.0f} bytes a second of sound, neither 8 nor 16 kHz")
    if sound.loudest < LEAST_DBFS:
        wrong.append(f"the far side was not heard ({sound.loudest:.0f} dBFS)")
    if seen.heard is False:
        wrong.append("the person did not hear the tone")
    if sound.tries > 1:
        wrong.append(f"the sound opened at try {sound.tries}: the endpoint wears out")
    return wrong


@dataclass(frozen=True, slots=True)
class Report:
    """The whole of it, as it is kept."""

    modem: dict[str, str]
    began: str
    steps: tuple[tuple[str, Seen, Verdict], ...] = ()
    remarks: tuple[str, ...] = field(default=())


def to_plain(report: Report) -> dict[str, Any]:
    """As JSON can carry it."""
    steps = [{"id": name, "seen": asdict(seen), "verdict": asdict(verdict)} for name, seen, verdict in report.steps]
    return {
        "version": 1,
        "began": report.began,
        "modem": report.modem,
        "remarks": list(report.remarks),
        "steps": steps,
    }


def judged_again(plain: dict[str, Any]) -> dict[str, tuple[Verdict, Verdict]]:
    """By step: the verdict that was kept, and the one that this version comes to from what was seen. A report replayed:
    where they differ, the judgement has changed. Raises KeyError, TypeError for what is no report."""
    steps = {step.id: step for step in STEPS}
    found = {}
    for each in plain["steps"]:
        raw = dict(each["seen"])
        sound = None if raw["sound"] is None else Sound(**raw["sound"])
        seen = Seen(**{**raw, "sound": sound, "facts": tuple(tuple(fact) for fact in raw["facts"])})
        kept = Verdict(each["verdict"]["result"], tuple(each["verdict"]["why"]))
        found[each["id"]] = (kept, judge(steps[each["id"]], seen))
    return found

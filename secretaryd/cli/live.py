"""A call as it happens, for people at a terminal: ring, phrases heard and said, what answered, latency, hang-up."""

from collections.abc import Callable, Mapping
from typing import Final

import phonenumbers
from rich.console import Console
from rich.text import Text

from secretaryd.cli.text import clean, safe
from secretaryd.control.protocol import (
    AlertChanged,
    CallAlerting,
    CallAnswered,
    CallDialled,
    CallEnded,
    CallerWaited,
    CallRang,
    DigitsPressed,
    Dropped,
    Event,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    TaskMade,
    TurnSaid,
)

TEXTS: Final = {
    "ru": {
        "rang": "Входящий звонок",
        "dialled": "Исходящий звонок",
        "alerting": "Гудки",
        "task": "Просит перезвонить",
        "answered": "Трубка снята",
        "waiting": "Не дозвонился (занято)",
        "caller": "Звонящий",
        "keys": "нажал",
        "withheld": "номер скрыт",
        "unavailable": "номер неизвестен",
        "malformed": "номер неразборчив",
        "interrupted": "перебит",
        "latency": "ответ через",
        "message": "Сообщение",
        "ended": "Звонок окончен",
        "by_caller": "трубку положил звонящий",
        "by_secretary": "трубку положила секретарь",
        "by_blocked": "номер заблокирован",
        "dropped": "пропущено событий",
        "modem_up": "Модем на связи",
        "modem_down": "Модема нет",
        "faq": "FAQ",
        "model": "модель",
        "fact": "факт",
        "phrase": "готовая фраза",
        "filler": "вставка, пока думает",
        "flow": "сценарий",
        "endpoint": "конец фразы",
        "stt": "распознавание",
        "first_token": "первый токен",
        "first_sentence": "первое предложение",
        "first_audio": "синтез",
        "queue": "очередь",
    },
    "en": {
        "rang": "Incoming call",
        "dialled": "Outgoing call",
        "alerting": "It rings",
        "task": "Asks to be called back",
        "answered": "Answered",
        "waiting": "Met a busy line",
        "caller": "Caller",
        "keys": "pressed",
        "withheld": "number withheld",
        "unavailable": "number unknown",
        "malformed": "number malformed",
        "interrupted": "interrupted",
        "latency": "answer after",
        "message": "Message",
        "ended": "Call ended",
        "by_caller": "the caller hung up",
        "by_secretary": "the secretary hung up",
        "by_blocked": "the number is blocked",
        "dropped": "events missed",
        "modem_up": "Modem up",
        "modem_down": "No modem",
        "faq": "FAQ",
        "model": "model",
        "fact": "fact",
        "phrase": "ready phrase",
        "filler": "filler while it thinks",
        "flow": "flow",
        "endpoint": "end of phrase",
        "stt": "recognition",
        "first_token": "first token",
        "first_sentence": "first sentence",
        "first_audio": "synthesis",
        "queue": "queue",
    },
}
PARTS: Final = ("endpoint", "stt", "first_token", "first_sentence", "first_audio", "queue")


def shown_number(number: str | None) -> str:
    """ "+79161234567" -> "+7 916 123-45-67"; anything else as it is."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, "RU")
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def latency_parts(latency: Mapping[str, float | None]) -> list[tuple[str, float]]:
    """The parts of an answer's time, in order; they add up to its total. The first token comes on the way to the first
    sentence, whose own part is what was left then."""
    parts = {name: value for name in PARTS if (value := latency.get(name)) is not None}
    if "first_token" in parts and "first_sentence" in parts:
        parts["first_token"] = min(parts["first_token"], parts["first_sentence"])
        parts["first_sentence"] -= parts["first_token"]
    return list(parts.items())


class LiveView:
    """Renders events; on a terminal a partial phrase is one line that renews itself. Everything shown of a caller is
    escaped: it is hostile text."""

    def __init__(self, console: Console, language: str, secretary: str) -> None:
        self._console = console
        self._texts = TEXTS[language]
        self._secretary = secretary
        self._partial = False
        self._shows: dict[type[Event], Callable[..., None]] = {
            CallRang: self._rang,
            CallAnswered: self._answered,
            PartialHeard: self._partial_heard,
            PhraseHeard: self._phrase_heard,
            SayingStarted: self._saying,
            TurnSaid: self._said,
            DigitsPressed: self._digits,
            MessageTaken: self._message,
            CallEnded: self._ended,
            AlertChanged: self._alert,
            Dropped: self._dropped,
            CallerWaited: self._waiting,
            CallDialled: self._dialled,
            CallAlerting: self._alerting,
            TaskMade: self._task,
        }

    def show(self, event: Event) -> None:
        """One event; those that are nothing to look at pass by."""
        if (show := self._shows.get(type(event))) is not None:
            show(event)

    def _line(self, text: str) -> None:
        if self._partial:
            self._console.file.write("\r\033[K")
            self._partial = False
        self._console.print(text, highlight=False, soft_wrap=True)

    def _rang(self, event: CallRang) -> None:
        who = shown_number(event.number) or self._texts.get(event.presentation, event.presentation)
        self._line(f"[bold yellow]☎  {self._texts['rang']}: {safe(who)}[/]")

    def _dialled(self, event: CallDialled) -> None:
        self._line(f"[bold yellow]☎  {self._texts['dialled']}: {safe(shown_number(event.number))}[/]")

    def _alerting(self, _: CallAlerting) -> None:
        self._line(f"[yellow]☎  {self._texts['alerting']}[/]")

    def _task(self, event: TaskMade) -> None:
        self._line(f"[bold green]✉  {self._texts['task']}:[/] {safe(shown_number(event.number))}")

    def _answered(self, _: CallAnswered) -> None:
        self._line(f"[green]✓  {self._texts['answered']}[/]")

    def _partial_heard(self, event: PartialHeard) -> None:
        if not (self._console.is_terminal and event.text):
            return
        text = Text(f"   … {clean(event.text)}", style="dim")
        text.truncate(max(20, self._console.width - 2), overflow="ellipsis")
        self._console.file.write("\r\033[K")
        self._console.print(text, end="", highlight=False)
        self._partial = True

    def _phrase_heard(self, event: PhraseHeard) -> None:
        confidence = f" [dim]({event.confidence:.0%})[/]" if event.confidence else ""
        self._line(f"[bold cyan]◀  {self._texts['caller']}:[/] {safe(event.text)}{confidence}")

    def _saying(self, event: SayingStarted) -> None:
        source = self._texts.get(event.source, event.source)
        detail = f" · {event.detail}" if event.detail else ""
        self._line(
            f"[bold magenta]▶  {safe(self._secretary)}:[/] {safe(event.text)} [dim]\\[{source}{safe(detail)}][/]"
        )

    def _said(self, event: TurnSaid) -> None:
        if event.interrupted:
            self._line(f"   [yellow]({self._texts['interrupted']})[/]")
        if event.latency and "total" in event.latency:
            parts = [f"{self._texts[name]} {milliseconds:.0f}" for name, milliseconds in latency_parts(event.latency)]
            total = event.latency["total"] / 1000
            self._line(f"   [dim]{self._texts['latency']}[/] [bold]{total:.2f} s[/] [dim]= {' + '.join(parts)} ms[/]")

    def _digits(self, event: DigitsPressed) -> None:
        self._line(f"[bold cyan]◀  {self._texts['caller']} {self._texts['keys']}:[/] {safe(event.digits)}")

    def _message(self, event: MessageTaken) -> None:
        fields = ", ".join(part for part in (event.name, shown_number(event.number), event.matter) if part)
        self._line(f"[bold green]✉  {self._texts['message']}:[/] {safe(fields)}")

    def _ended(self, event: CallEnded) -> None:
        cause = self._texts.get(f"by_{event.cause}", event.cause)
        self._line(f"[bold yellow]☎  {self._texts['ended']}[/] ({safe(cause)}, {event.seconds:.0f} s)")

    def _waiting(self, event: CallerWaited) -> None:
        who = shown_number(event.number) or self._texts.get(event.presentation, event.presentation)
        self._line(f"[yellow]☎  {self._texts['waiting']}: {safe(who)}[/]")

    def _alert(self, event: AlertChanged) -> None:
        if event.active and event.level != "info":
            self._line(f"[red]!  {safe(event.text)}[/] {safe(event.remedy)}")

    def _dropped(self, event: Dropped) -> None:
        self._line(f"   [red]{self._texts['dropped']}: {event.count}[/]")

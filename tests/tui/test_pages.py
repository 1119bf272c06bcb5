"""The console before a box on a real socket: what stands on the screen, and what keys do."""

from pathlib import Path

import pytest

from secretaryd.control.client import AsyncControlClient
from secretaryd.control.protocol import (
    CallAnswered,
    CallEnded,
    CallRang,
    DigitsPressed,
    LevelsMeasured,
    LineChanged,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    TurnSaid,
)
from secretaryd.control.protocol.users import InviteUser
from tests.fakes.console_box import console, running
from tests.fakes.well_box import SPEECH

LATENCY = {
    "endpoint": 350.0,
    "stt": 100.0,
    "first_sentence": 200.0,
    "first_audio": 150.0,
    "queue": 30.0,
    "total": 830.0,
}
RANG = CallRang(call=1, number="+79161234567", presentation="presented")
TALKING = (RANG, LineChanged(state="ringing"), CallAnswered(call=1), LineChanged(state="talking"))
ENDED = CallEnded(call=1, outcome="answered", cause="caller", summary="Спросил о часах.", seconds=42.0)
HOSTILE = "[red]ё[/] \x1b[2J\x07\u202e[@click=app.quit]x[/]"
HARMLESS = "[red]ё[/] \ufffd[2J\ufffd\ufffd[@click=app.quit]x[/]"


async def test_the_overview_says_that_all_is_well(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.sees("Готов принимать звонки", "Гуля", "MegaFon · LTE", "-77 dBm", "▂▃▅▆▁", "irina", "Неполадок нет")
        await seen.sees("F1 справка")


async def test_the_overview_speaks_english(tmp_path: Path) -> None:
    async with running(tmp_path, "en") as box, console(box.socket, "en") as seen:
        await seen.sees("Ready for calls", "Operator", "Nothing is wrong", "F1 help")


async def test_an_alert_stands_with_its_remedy_and_goes_when_it_is_over(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.sees("Неполадок нет")
        box.well.speech.seen = None
        await box.well.health.look()
        await seen.sees("●", "→", "не всё в порядке")
        box.well.speech.seen = SPEECH
        await box.well.health.look()
        await seen.sees("Неполадок нет")


async def test_a_call_is_shown_as_it_is_heard_and_said(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.sees("Готов")
        await seen.press("2")
        await seen.sees("Сейчас никто не звонит")
        for event in TALKING:
            box.bus.publish(event)
        box.bus.publish(PartialHeard(call=1, text="подскажите граф"))
        await seen.sees("+7 916 123-45-67", "разговор", "подскажите граф …")
        box.bus.publish(PhraseHeard(call=1, text="подскажите график", confidence=0.93, start=1.0, end=2.0))
        box.bus.publish(SayingStarted(call=1, text="Мы работаем", source="faq", detail="hours exact 100"))
        await seen.sees("подскажите график 93%", "Секретарь: Мы работаем …")
        assert "граф …" not in seen.text
        said = TurnSaid(call=1, text="Мы работаем с девяти", source="faq", interrupted=True, latency=LATENCY)
        box.bus.publish(said)
        box.bus.publish(DigitsPressed(call=1, digits="12"))
        box.bus.publish(MessageTaken(call=1, name="Павел", number="+79123456789", matter="ремонт"))
        await seen.sees(
            "с девяти — перебит", "0,83 с ━", "пауза 350", "синтез 150", "Нажаты клавиши: 12", "Павел · +79"
        )
        box.bus.publish(ENDED)
        await seen.sees("разговор окончен", "трубку положил звонящий, 0:42", "Итог: Спросил о часах.")


async def test_how_loud_both_are_is_seen_while_somebody_talks(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        for event in TALKING:
            box.bus.publish(event)
        await seen.press("2")
        await seen.sees("0:0")
        await seen.until(lambda: box.bus.levels_wanted)
        box.bus.pass_by(LevelsMeasured(call=1, heard=-30.4, said=-100.0))
        await seen.sees("◀ ▮▮▮▮▮▮▮▮▮▯▯▯▯▯▯▯▯▯ -30 дБ  ▶ ▯▯▯▯▯▯▯▯▯▯▯▯▯▯▯▯▯▯   — дБ")
        assert not [one for one in seen.app.kit.events if isinstance(one.event, LevelsMeasured)]
        box.bus.publish(ENDED)
        await seen.until(lambda: "▮" not in seen.text)


async def test_a_console_opened_in_mid_call_shows_it_from_the_beginning(tmp_path: Path) -> None:
    async with running(tmp_path) as box:
        for event in (*TALKING, PhraseHeard(call=1, text="добрый день", confidence=1.0, start=1.0, end=2.0)):
            box.bus.publish(event)
        async with console(box.socket) as seen:
            await seen.press("2")
            await seen.sees("+7 916 123-45-67", "добрый день")


async def test_hanging_up_asks_first_and_no_is_the_first_choice(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        box.calls.busy = True
        for event in TALKING:
            box.bus.publish(event)
        await seen.press("2")
        await seen.sees("0:0")
        await seen.press("h")
        await seen.sees("Положить трубку?")
        await seen.press("enter")
        await seen.until(lambda: "Положить трубку?" not in seen.text)
        assert not box.calls.hung_up
        await seen.press("р")  # the same key on the Russian layout
        await seen.sees("Положить трубку?")
        await seen.press("right", "enter")
        await seen.until(lambda: box.calls.hung_up == 1)
        await seen.until(lambda: "Кладёт трубку" in seen.notes)


async def test_what_the_box_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        for event in TALKING:
            box.bus.publish(event)
        await seen.press("2")
        await seen.sees("0:0")
        await seen.press("h", "y")
        await seen.until(lambda: "Сейчас нет звонка." in seen.notes)


async def test_calls_open_with_transcript_and_go_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await box.keep()
        await box.keep(None, outcome="missed", summary="")
        await box.keep(heard="передайте", outcome="message", message=("Павел", "+79123456789", "ремонт"))
        await seen.press("3")
        await seen.sees("Все звонки", "+7 916 123-45-67", "пропущен", "номер скрыт", "сообщение", "0:39")
        await seen.press("o", "o")
        await seen.until(lambda: "отвечен" not in seen.text)
        await seen.press("enter")
        await seen.sees("№ 3", "◀ Звонящий: передайте 90%", "▶ Секретарь: С девяти. — перебит", "0,83 с")
        await seen.sees("Павел · +7 912 345-67-89 · ремонт")
        await seen.press("escape")
        await seen.sees("Содержание")


async def test_messages_are_marked_and_the_mark_is_taken_back_by_the_same_key(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await box.keep(message=("Павел Соколов", "+79123456789", "перезвоните по поводу ремонта холодильника"))
        await box.keep(message=("", "", "вода"))
        await seen.press("1")
        await seen.sees("сегодня 2, ждут ответа 2")
        await seen.press("4")
        await seen.sees("Все сообщения", "● ", "Павел Соколов", "без имени")
        await seen.press("down", "space")
        await seen.until(lambda: seen.text.count("●") == 1)
        assert "Отмечено; пробел вернёт" in seen.notes
        await seen.press("o")
        await seen.until(lambda: "Соколов" not in seen.text)
        await seen.press("o", "down", "space")
        await seen.until(lambda: seen.text.count("●") == 2)
        await seen.press("enter")
        await seen.sees("№ 1", "Павел Соколов · +7 912 345-67-89 · перезвоните")


async def test_a_recording_is_played_only_where_there_is_sound(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await box.keep(recording="recordings/x.wav")
        await seen.press("3")
        await seen.sees("отвечен")
        await seen.press("enter")
        await seen.sees("♪", "где файлы")
        await seen.press("e")
        await seen.until(lambda: f"{tmp_path}/recordings/x.json" in seen.notes)
        assert "прослушать" not in seen.text
        await seen.press("p")
        seen.player.there = True
        await seen.press("r")
        await seen.sees("прослушать")
        await seen.press("p")
        await seen.until(lambda: seen.player.played == [1])
        seen.player.fails = "no \x1bcard"
        await seen.press("p")
        await seen.until(lambda: "no \ufffdcard" in seen.notes)


async def test_a_hundred_thousand_calls_are_read_only_where_one_looks(tmp_path: Path) -> None:
    asked: list[int | None] = []
    async with running(tmp_path) as box, console(box.socket) as seen:
        recent = box.storage.recent

        async def counted(limit: int, before: int | None, outcome: str | None) -> object:
            asked.append(before)
            return await recent(limit, before, outcome)

        await box.fill(100_000)
        box.storage.recent = counted  # type: ignore[method-assign,assignment]
        await seen.press("3")
        await seen.sees("Звонок 100000")
        assert len(asked) == 1
        await seen.press(*["pagedown"] * 12)
        await seen.until(lambda: "Звонок 998" in seen.text, "a page further down")
        assert len(asked) <= 5
        await seen.press("home")
        await seen.sees("Звонок 100000")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_nothing_that_others_wrote_is_read_as_markup_or_moves_the_cursor(tmp_path: Path, language: str) -> None:
    async with running(tmp_path) as box, console(box.socket, language, (200, 50)) as seen:
        await box.keep(heard=HOSTILE, answer=HOSTILE, summary=HOSTILE, message=(HOSTILE, HOSTILE, HOSTILE))
        for event in (RANG, PhraseHeard(call=1, text=HOSTILE, confidence=1.0, start=0.0, end=1.0)):
            box.bus.publish(event)
        box.bus.publish(PartialHeard(call=1, text=HOSTILE))
        await seen.press("2")
        await seen.until(lambda: seen.text.count(HARMLESS) == 2)
        await seen.press("3")
        await seen.sees(HARMLESS)
        await seen.press("enter")
        await seen.until(lambda: seen.text.count(HARMLESS) == 6)
        assert "\x1b" not in seen.text


@pytest.mark.parametrize(("language", "words"), [("ru", "Справка"), ("en", "Help")])
async def test_help_is_on_every_page_and_names_its_keys(tmp_path: Path, language: str, words: str) -> None:
    async with running(tmp_path) as box, console(box.socket, language) as seen:
        for page in seen.app.pages():
            seen.app.action_go(page)
            await seen.press("f1")
            await seen.sees(f"─ {words} ─", seen.app.kit.say(f"page.{page}"))
            await seen.press("question_mark")
            await seen.until(lambda: f"─ {words} ─" not in seen.text)


async def test_the_palette_offers_pages_in_the_language(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("ctrl+p")
        await seen.sees("Что сделать?", "Звонки", "Сообщения")
        await seen.press(*"Звон", "enter")
        await seen.sees("Все звонки")


async def test_light_and_dark_take_turns(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket, light=True) as seen:
        assert not seen.app.current_theme.dark
        await seen.press("f9")
        assert seen.app.current_theme.dark


async def test_the_box_may_be_away_and_come_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.sees("Готов")
        await box.down()
        await seen.sees("Как было, пока секретарь отвечал:")
        assert "Готов" not in seen.text
        await seen.press("3")
        await seen.sees("Секретарь не отвечает", "sudo systemctl start secretaryd", "не отвечает")
        await box.keep(summary="Пока никого не было.")
        await box.up()
        await seen.sees("Пока никого не было.")
        assert "systemctl" not in seen.text
        box.bus.publish(RANG)
        await seen.press("2")
        await seen.sees("+7 916 123-45-67")


async def test_a_user_without_rights_is_told_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path) as box:
        await box.down()
        box.admins = frozenset({4_000_000})
        await box.up()
        async with console(box.socket) as seen:
            await seen.sees("нет доступа", "sudo adduser $USER secretary-console")


async def test_the_first_owners_link_stands_on_the_overview_until_there_is_one(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.sees("Неполадок нет")
        client = AsyncControlClient(box.socket)
        made = await client.ask(InviteUser())
        await client.close()
        box.well.troubles.note("setup.open")
        await box.well.health.look()
        await seen.sees("Откройте эту ссылку", made["token"][:20], "▀")
        box.well.troubles.clear("setup.open")
        await box.well.health.look()
        await seen.until(lambda: made["token"][:20] not in seen.text, "it is gone")

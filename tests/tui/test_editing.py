"""Pages where the owner changes something: forms, undo, what the box refuses."""

from pathlib import Path

from textual.widgets import Input, TextArea

from secretaryd.call.orders import SayThis, TakeMessage
from secretaryd.control.protocol import CallAnswered, CallRang, LineChanged
from secretaryd.control.protocol.models import ModelsChanged
from tests.fakes.console_box import Console, ConsoleBox, console, running
from tests.fakes.model_files import VOSK, vosk_files, write
from tui.pages import PAGES
from tui.ports import Finding
from tui.screens.form import Form

RANG = CallRang(call=1, number="+79161234567", presentation="presented")


async def fill(seen: Console, *lines: str, refused: str = "") -> None:
    """Types each line into its field of the form, from the first on, and saves; what is refused stays."""
    for number, words in enumerate(lines):
        if number:
            await seen.press("tab")
        field = seen.app.screen.focused
        if isinstance(field, Input):
            field.insert_text_at_cursor(words)
        else:
            assert isinstance(field, TextArea)
            field.insert(words, field.document.end)
    await seen.press("ctrl+s")
    if refused:
        await seen.sees(refused)
    else:
        await seen.until(lambda: not isinstance(seen.app.screen, Form), "the form is saved")


async def at_talk(box: ConsoleBox, seen: Console) -> None:
    box.calls.busy = True
    for event in (RANG, CallAnswered(call=1), LineChanged(state="talking")):
        box.bus.publish(event)
    await seen.press("2")
    await seen.sees("0:0")


async def test_the_owner_speaks_into_a_call_and_has_a_message_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("2")
        await seen.sees("Сейчас никто не звонит")
        await seen.press("s")
        assert "Сказать звонящему" not in seen.text
        await at_talk(box, seen)
        await seen.press("ы")  # "s" on the Russian layout
        await seen.sees("Сказать звонящему", "Прозвучит, как только все замолчат")
        await fill(seen, "Хозяин сейчас подойдёт.")
        await seen.until(lambda: "Будет сказано" in seen.notes)
        await seen.press("m")
        await seen.until(lambda: len(box.calls.orders) == 2)
        assert box.calls.orders == [SayThis("Хозяин сейчас подойдёт."), TakeMessage()]


async def test_typed_words_are_not_thrown_away_unasked(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await at_talk(box, seen)
        await seen.press("s", "escape")
        await seen.until(lambda: "Сказать звонящему" not in seen.text)
        await seen.press("s", "а", "escape")
        await seen.sees("Выбросить набранное?")
        await seen.press("enter")
        await seen.sees("Сказать звонящему")
        await seen.press("escape", "y")
        await seen.until(lambda: "Сказать звонящему" not in seen.text)
        assert not box.calls.orders


async def test_contacts_are_added_blocked_changed_removed_and_brought_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("6")
        await seen.sees("Никого нет")
        await seen.press("n")
        await seen.sees("Новый человек")
        await fill(seen, "Анна [red]Белова[/]", "8 916 123-45-67", "vip", "любит чай")
        await seen.sees("Анна [red]Белова[/]", "+7 916 123-45-67", "важные", "любит чай")
        await seen.press("b")
        await seen.sees("заблокированы")
        await seen.press("enter")
        await seen.sees("Изменить")
        await fill(seen, " младшая")
        await seen.sees("Белова[/] младшая")
        await seen.press("delete")
        await seen.sees("Никого нет")
        await seen.press("u")
        await seen.sees("Белова[/] младшая")
        await seen.press("n")
        await fill(seen, "Пётр", "абв", refused="абв")


async def test_calls_are_sought_deleted_and_brought_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await box.keep(heard="когда привезёте холодильник", summary="О доставке.")
        await box.keep(heard="сколько стоит ремонт", summary="О ценах.")
        await seen.press("3")
        await seen.sees("О ценах.", "О доставке.")
        while await box.storage.search.step():
            pass
        await seen.press("slash", *"холодильники", "enter")
        await seen.sees("поиск: холодильники", "привезёте холодильник")
        assert "О ценах." not in seen.text
        await seen.press("slash", "escape")
        await seen.sees("О ценах.")
        await seen.press("delete")  # the one found is still chosen
        await seen.until(lambda: "О доставке." not in seen.text)
        await seen.press("u")
        await seen.sees("О доставке.")


async def test_questions_are_added_tried_and_taken_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("7")
        await seen.sees("общий")
        await seen.press("n")
        await seen.sees("Новый вопрос")
        await fill(seen, "bikes", "где оставить велосипед\nесть ли место для велосипеда", "Велосипеды во дворе.")
        await seen.sees("свой", "где оставить велосипед +1", "Велосипеды во дворе.")
        await seen.press("t")
        await fill(seen, "есть ли место для велосипеда")
        await seen.until(lambda: "подходит bikes" in seen.notes)
        await seen.press("enter")
        await seen.sees("одной формулировке")
        await seen.press("tab")
        await fill(seen, " Бесплатно.")
        await seen.sees("Бесплатно.")
        await seen.press("u")
        await seen.until(lambda: "Бесплатно." not in seen.text)
        await seen.press("delete")
        await seen.until(lambda: "велосипед" not in seen.text)


async def test_the_persona_and_its_facts_are_edited(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("8")
        await seen.sees("Гуля", "Приветствие")
        await seen.press("e")
        await seen.sees("Манера")
        await fill(seen, "", " и Ко")
        await seen.sees("и Ко")
        await seen.press("n")
        await seen.sees("Новый факт")
        await fill(seen, "wifi", "Гарантия", "два года", refused="«wifi» неизвестно")
        await seen.press("shift+tab", "shift+tab", "home", "shift+end", *"warranty", "ctrl+s")
        await seen.until(lambda: "Новый факт" not in seen.text)
        await seen.press("end")
        await seen.sees("Гарантия", "два года")
        await seen.press("u")
        await seen.until(lambda: "Гарантия" not in seen.text)


async def test_a_setting_is_changed_refused_and_put_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f2", "slash", *"max_seconds", "enter")
        await seen.sees("call.max_seconds", "600", "A call is ended politely")
        await seen.press("enter")
        await fill(seen, "0")
        await seen.sees("6000")
        await seen.press("enter")
        await fill(seen, "много", refused="Так нельзя")
        await seen.press("escape", "y")
        await seen.press("delete")
        await seen.until(lambda: "6000" not in seen.text)


async def test_every_change_stands_in_the_audit(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await box.storage.audit.add(who="anna", where="web", what="contact.edited", target="x", after={"имя": "[b]Я"})
        await seen.press("f4")
        await seen.sees("anna", "contact.edited", '+ {"имя": "[b]Я"}')
        await seen.press("v")
        await seen.until(lambda: "Цепочка цела" in seen.notes)


async def test_what_can_be_mended_is_mended_after_a_question(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("9")
        await seen.sees("Всё в порядке.")
        await seen.press("o")
        await seen.sees("Место на диске", "84 ГБ")
        loose = Finding("data.modes", "error", "Права файлов", "0644", "Их читают все.", "chmod", mends=True)
        seen.doctor.findings = [*seen.doctor.findings, loose]
        await seen.press("o")
        await seen.sees("✗ Права файлов", "Их читают все.", "→ chmod")
        await seen.press("m", "enter")
        assert not seen.doctor.mended
        await seen.press("m", "y")
        await seen.sees("Всё в порядке.")
        assert "chmod 600 secretary.db" in seen.notes


async def test_events_are_listed_and_the_menu_leads_to_them(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("0")
        await seen.sees("Образ", "Здоровье", "Настройки", "События", "Журнал изменений")
        behind = [name for name, place in PAGES.items() if not place.in_line]
        await seen.press("home", *["down"] * behind.index("logs"), "enter")
        await seen.sees("новые сверху")
        box.bus.publish(RANG)
        await seen.sees("call.rang", "number=+79161234567")
        await seen.press("space")
        await seen.sees("Остановлено")
        box.bus.publish(LineChanged(state="ending"))
        await seen.press("space")
        await seen.sees("state=ending")


async def test_a_model_comes_from_a_stick_is_checked_put_to_work_and_removed(tmp_path: Path) -> None:
    write(tmp_path / "stick" / VOSK, vosk_files())
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f5")
        await seen.sees("ru-small", "набор", VOSK, "распознавание · ru")
        await seen.press("f")
        await fill(seen, str(tmp_path / "stick"))
        await seen.until(lambda: "С флешки: готово" in seen.notes, "brought")
        await seen.sees(f"✓ {VOSK}")
        await seen.press("home", "v")
        await seen.until(lambda: "Проверка: готово" in seen.notes, "checked")
        await seen.press("home", "enter")
        await seen.sees(f"Включить {VOSK}?")
        await seen.press("y")
        await seen.until(lambda: box.owned.box.config.stt.model == VOSK, "put to work")
        await seen.sees(f"▶ {VOSK}")
        await seen.press("home", "delete", "y")
        await seen.until(lambda: "сейчас выбрана" in seen.notes, "what is at work stays")


async def test_an_installation_shows_how_far_it_is_and_is_stopped(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f5")
        await seen.sees("ru-small", VOSK)
        await seen.press("enter")
        await seen.sees("Скачать и поставить")
        await seen.press("y")
        await seen.sees("Установка: ──")  # no publisher answers here
        box.bus.publish(
            ModelsChanged(do="install", state="running", file="x/vosk.zip", received=18_000_000, total=45_000_000)
        )
        await seen.sees("━━━", "40%", "18 из 45 МБ", "vosk.zip")
        await seen.press("x")
        await seen.until(lambda: "прервано" in seen.notes or "не удалось" in seen.notes, "stopped")
        await seen.sees("Модели")


async def test_a_backup_is_made_checked_and_removed_after_a_question(tmp_path: Path) -> None:
    async with running(tmp_path, backups=True) as box, console(box.socket) as seen:
        await seen.press("f6")
        await seen.sees("Копий ещё нет", "Копии в")
        await seen.press("n")
        await seen.until(lambda: "Копия: готово" in seen.notes)
        await seen.sees("secretary")
        await seen.press("v")
        await seen.until(lambda: "Проверка: готово" in seen.notes)
        await seen.press("delete", "enter")
        await seen.press("enter")
        await seen.sees("пропадёт")
        await seen.press("escape", "delete", "y")
        await seen.sees("Копий ещё нет")


async def test_short_messages_are_read_written_and_taken_back(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("5")
        await seen.sees("Все SMS", "Сообщений нет.")
        await seen.press("n")
        await fill(seen, "не номер", "Алло", refused="омер")
        await seen.press("shift+tab", "home", "shift+end", *"89161234567", "ctrl+s")
        await seen.sees("▶", "+7 916 123-45-67", "в очереди", "Алло")
        await seen.press("x")
        await seen.sees("отменено")
        await seen.press("o")
        await seen.until(lambda: "отменено" not in seen.text)

"""Pages of what only the owner does: call-backs, the SIM, users, secrets, a person's data, keys, reports."""

import asyncio
from pathlib import Path

import pytest

from secretaryd.control.protocol import CallAnswered, CallRang, LineChanged, TaskMade
from tests.fakes.console_box import Console, console, running
from tests.tui.test_editing import fill
from tui.screens.form import Form
from tui.screens.told import Told

NUMBER = "+79161234567"
SHOWN = "+7 916 123-45-67"


async def closed(seen: Console) -> None:
    await seen.press("escape")
    await seen.until(lambda: not isinstance(seen.app.screen, Told | Form), "it is put away")


async def test_who_waits_is_called_back_after_a_question_and_marked(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f7")
        await seen.sees("Никто не ждёт звонка", "сегодня звонков 0 из 20, минут 0 из 60")
        call = await box.keep(NUMBER)
        task = await box.storage.outgoing.call_back(call, 1_795_000_000.0, "по поводу [red]заказа[/]")
        box.bus.publish(TaskMade(task=task.id, call=call, number=NUMBER))
        await seen.sees(SHOWN, "ждёт", "по поводу [red]заказа[/]")
        await seen.press("space")
        await seen.until(lambda: f"{SHOWN}: сделано" in seen.notes)
        await seen.sees("Никто не ждёт звонка")
        await seen.press("o")
        await seen.sees("Все просьбы", "сделано")
        await seen.press("space")
        await seen.until(lambda: f"{SHOWN}: ждёт" in seen.notes)
        await seen.press("enter")
        await seen.sees(f"Позвонить на {SHOWN}?")
        await seen.press("enter")  # no is the first choice
        await seen.until(lambda: "Позвонить на" not in seen.text)
        assert not box.calls.dialled
        await seen.press("enter", "y")
        await seen.until(lambda: box.calls.dialled == [(NUMBER, "")])
        await seen.sees("набирается")
        await seen.press("c")
        await seen.sees("когда вы работаете")


async def test_a_number_is_dialled_within_the_rules_and_what_is_refused_stays(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f7", "n")
        await seen.sees("Позвонить")
        await fill(seen, "112", "Здравствуйте", refused="Экстренные номера машина не набирает.")
        assert not box.calls.dialled
        await closed_unsaved(seen)
        await box.keep(message=("Павел", "+79123456789", "ремонт"))
        await seen.press("4")
        await seen.sees("Павел")
        await seen.press("c")
        await seen.sees("Что сказать", "+79123456789")
        await fill(seen, "", "Ваш заказ готов")
        assert box.calls.dialled == [("+79123456789", "Ваш заказ готов")]
        assert "Набирается +7 912 345-67-89" in seen.notes


async def closed_unsaved(seen: Console) -> None:
    await seen.press("escape", "y")
    await seen.until(lambda: not isinstance(seen.app.screen, Form))


async def test_keys_are_pressed_in_a_call(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        for event in (CallRang(call=1, number=NUMBER, presentation="presented"), CallAnswered(call=1)):
            box.bus.publish(event)
        box.bus.publish(LineChanged(state="talking"))
        await seen.press("2")
        await seen.sees("0:0")
        await seen.press("k")
        await seen.sees("Клавиши для собеседника")
        await fill(seen, "звезда", refused="Это не клавиши телефона.")
        await closed_unsaved(seen)
        await seen.press("k")
        await fill(seen, "12")
        assert box.calls.pressed == ["12"]


async def test_the_operator_is_asked_and_answers_in_his_words(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f8")
        await seen.sees("Баланс", "не известен", "MegaFon")
        await seen.press("b")
        await seen.sees("Баланс 152.30 руб.", "Спасибо")
        await closed(seen)
        await seen.sees("152.30 ₽")
        await seen.press("n")
        await fill(seen, "*102#")
        await seen.sees("*102#: Баланс 152.30 руб.")
        assert box.operator.asked[-1] == "*102#"


async def test_users_are_invited_with_a_link_locked_out_given_a_role_and_removed(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f10")
        await seen.sees("Пользователей ещё нет")
        await seen.press("n")
        await seen.sees("пусто — первый владелец", "operator: звонки")
        await fill(seen, "анна", "хозяйка", refused="Роли «хозяйка» нет")
        await closed_unsaved(seen)
        await seen.press("n")
        await fill(seen, "анна", "operator")
        await seen.sees("Ссылка для анна", "http://box/welcome?token=", "один раз, до")
        await closed(seen)
        for name, role in (("хозяин", "admin"), ("анна", "operator")):
            await box.storage.users.invite(f"token-of-{name}", name, role, 4e9, who="test")
            await box.storage.users.redeem(f"token-of-{name}", "", 1.0)
        await seen.press("r")
        await seen.sees("анна", "оператор", "хозяин", "админ")
        await seen.press("home")
        chosen = seen.app.screen.list.chosen
        if chosen is not None and chosen.key != "анна":
            await seen.press("down")
        await seen.press("space")
        await seen.until(lambda: "анна: не может войти" in seen.notes)
        await seen.press("space")
        await seen.until(lambda: "анна: оператор" in seen.notes)
        await seen.press("enter")
        await seen.sees("viewer: состояние коробки")
        await seen.press("end", "ctrl+u")
        await fill(seen, "viewer")
        await seen.sees("зритель")
        await seen.press("delete")
        await seen.sees("Удалить пользователя анна?")
        await seen.press("y")
        await seen.until(lambda: "анна" not in seen.text)


async def test_a_secret_is_kept_and_shown_by_nobody(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("f11")
        await seen.sees("Секретов нет")
        await seen.press("n")
        await fill(seen, "sim_pin", "4711")
        await seen.sees("sim_pin", "на месте")
        assert "4711" not in seen.text + seen.notes
        assert box.secrets.get("sim_pin") == "4711"
        await seen.press("enter", "tab")
        await seen.press("9", "8")
        assert "98" not in seen.text
        await closed_unsaved(seen)
        await seen.press("g")
        await seen.until(lambda: "Зашифровано заново: 1" in seen.notes)
        assert box.secrets.get("sim_pin") == "4711"
        await seen.press("delete")
        await seen.sees("Забыть sim_pin?")
        await seen.press("y")
        await seen.sees("Секретов нет")


async def test_a_persons_data_are_counted_exported_and_erased_by_the_number_typed_twice(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        call = await box.keep(NUMBER, message=("Павел", NUMBER, "ремонт"))
        await box.keep("+79990000000")
        await seen.press("f12")
        await seen.sees("назовите номер человека")
        await seen.press("e")
        await fill(seen, "8 (916) 123-45-67")
        await seen.sees(f"О номере {SHOWN}", "Звонки")
        await seen.press("e")
        await seen.sees(f"/home/owner/{NUMBER}.zip")
        await fill(seen, "")
        assert box.folder.joinpath("secretary.db").exists()
        assert seen.files.exported == [(NUMBER, f"/home/owner/{NUMBER}.zip")]
        await seen.press("delete")
        await seen.sees("Вернуть нельзя")
        await fill(seen, "89990000000", refused="Номера не совпадают")
        await closed_unsaved(seen)
        await seen.press("delete")
        await fill(seen, NUMBER)
        await seen.sees("стирается…")
        sweeping = asyncio.create_task(box.erasing.run())
        await seen.until(lambda: f"{SHOWN}: стёрто" in seen.notes)
        sweeping.cancel()
        await asyncio.wait({sweeping})
        left = await box.storage.recent(10)
        assert [each.number for each in left if each.id != call] == ["+79990000000"]


async def test_a_call_gets_a_note_and_tags_and_its_recording_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        call = await box.keep(NUMBER)
        await seen.press("3")
        await seen.sees(SHOWN)
        await seen.press("enter")
        await seen.sees("когда вы работаете")
        await seen.press("n")
        await fill(seen, "позвонить [b]в среду[/]", "важно, заказ")
        await seen.sees("✎ позвонить [b]в среду[/] · #важно · #заказ")
        await seen.press("k")
        await seen.sees("запись хранится")
        kept = await box.storage.call(call)
        assert (kept.keep, kept.note, kept.tags) == (True, "позвонить [b]в среду[/]", ("важно", "заказ"))
        await seen.press("n", "tab", "end", "ctrl+u")
        await seen.press("ctrl+s")
        await seen.until(lambda: "#" not in seen.text)


async def test_a_report_of_a_fault_is_written(tmp_path: Path) -> None:
    async with running(tmp_path) as box, console(box.socket) as seen:
        await seen.press("9")
        await seen.sees("Всё в порядке")
        await seen.press("d")
        await seen.until(lambda: "/home/owner/secretary-diag.tar.gz" in seen.notes)


async def test_the_owners_key_is_shown_once_and_a_file_is_restored_with_it(tmp_path: Path) -> None:
    async with running(tmp_path, backups=True) as box, console(box.socket) as seen:
        await seen.press("f6")
        await seen.sees("Ключа владельца ещё нет")
        await seen.press("g")
        await seen.sees("AGE-SECRET-KEY-", "Запишите или распечатайте")
        await closed(seen)
        await seen.sees("Копии в")
        await seen.press("g")
        await seen.sees("Сделать новый?")
        await seen.press("escape")
        await seen.until(lambda: "Сделать новый?" not in seen.text)
        await seen.press("f")
        await seen.sees("Всё, что есть сейчас, заменится")
        await fill(seen, "/nowhere.tar.gz.age", "AGE-SECRET-KEY-1")
        await seen.until(lambda: "не удалось" in seen.notes, "the job failed")


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_every_page_fits_and_tells_its_keys(tmp_path: Path, language: str, size: tuple[int, int]) -> None:
    async with running(tmp_path, language, backups=True) as box, console(box.socket, language, size) as seen:
        await box.keep(NUMBER)
        for name in seen.app.pages():
            seen.app.action_go(name)
            await seen.until(lambda name=name: getattr(seen.app.screen, "NAME", "") == name)
            await seen.sees("F1")
            assert all(len(line) <= size[0] for line in seen.text.split("\n")), name

"""Checks of the computer: clock, memory, heat, power, journal. PURE."""

from typing import Final

from secretaryd.doctor.check import Check, Level, Outcome, Skipped, Well, Words, Wrong
from secretaryd.doctor.facts import Facts

BUILT: Final = 1_764_000_000.0
"""UTC epoch seconds, November 2025: before this program was made no clock can be right."""
MEMORY_LOW: Final = 200 << 20
HOT: Final = 80.0
"""°C; a Raspberry Pi slows down from 80 on, and more from 85 (its documentation on frequency and heat)."""
UNDER_VOLTAGE: Final = 0x1
THROTTLED: Final = 0x4
UNDER_VOLTAGE_WAS: Final = 0x10000
JOURNAL_MUCH: Final = 1 << 30


def clock_set(facts: Facts) -> Outcome:
    """A Pi has no clock of its own: without network it begins in the past."""
    return Wrong() if facts.machine.now < BUILT else Well()


def clock_synchronised(facts: Facts) -> Outcome:
    """By NTP, as systemd knows it."""
    if facts.machine.clock_synchronised is None:
        return Skipped("not told")
    return Well() if facts.machine.clock_synchronised else Wrong()


def memory_available(facts: Facts) -> Outcome:
    """Room to breathe."""
    if not facts.machine.memory_total:
        return Skipped("not told")
    shown = f"{facts.machine.memory_available >> 20} / {facts.machine.memory_total >> 20} MB"
    return Wrong(shown) if facts.machine.memory_available < MEMORY_LOW else Well(shown)


def memory_limits(facts: Facts) -> Outcome:
    """Without the controller the units' limits are only words."""
    if not facts.machine.systemd:
        return Skipped("no systemd")
    return Well() if facts.machine.memory_cgroup else Wrong()


def temperature(facts: Facts) -> Outcome:
    """Of the processor."""
    if facts.machine.temperature is None:
        return Skipped("not told")
    shown = f"{facts.machine.temperature:.0f} °C"
    return Wrong(shown) if facts.machine.temperature >= HOT else Well(shown)


def power(facts: Facts) -> Outcome:
    """Under-voltage, now or since the start."""
    bits = facts.machine.throttled
    if bits is None:
        return Skipped("not told")
    if bits & (UNDER_VOLTAGE | THROTTLED):
        return Wrong(f"{bits:#x}", level=Level.ERROR)
    return Wrong(f"{bits:#x}") if bits & UNDER_VOLTAGE_WAS else Well()


def journal(facts: Facts) -> Outcome:
    """Logs must not fill the card."""
    if not facts.machine.systemd:
        return Skipped("no systemd")
    used = facts.machine.journal_bytes
    shown = "" if used is None else f"{used >> 20} MB"
    if not facts.machine.journal_limited or (used or 0) > JOURNAL_MUCH:
        return Wrong(shown)
    return Well(shown)


LOST: Final = {"systemd": "journal fields", "alsaaudio": "ALSA sound", "llama_cpp": "local language model"}


def libraries(facts: Facts) -> Outcome:
    """Optional parts that the configuration needs."""
    needed = {"alsaaudio": facts.config.audio == "alsa", "llama_cpp": facts.config.llm_wanted}
    missing = [name for name in facts.machine.libraries if needed.get(name, facts.machine.systemd)]
    return Wrong(", ".join(f"{name} ({LOST.get(name, '')})" for name in missing)) if missing else Well()


E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
CHECKS: Final = (
    Check(
        "clock.set",
        E,
        clock_set,
        Words("Часы", "Clock"),
        Words(
            "Часы стоят в прошлом: время звонков и «сейчас открыто» будут неверны.",
            'The clock is in the past: times of calls and "open now" will be wrong.',
        ),
        Words(
            "Подключите сеть или поставьте часы RTC; вручную: sudo timedatectl set-time 'ГГГГ-ММ-ДД ЧЧ:ММ'",
            "Connect a network or add an RTC; by hand: sudo timedatectl set-time 'YYYY-MM-DD HH:MM'",
        ),
    ),
    Check(
        "clock.synchronised",
        W,
        clock_synchronised,
        Words("Синхронизация часов", "Clock synchronisation"),
        Words("Часы ни с чем не сверяются и уйдут.", "Nothing keeps the clock right: it will drift."),
        Words(
            "sudo timedatectl set-ntp true (нужна сеть) или часы RTC",
            "sudo timedatectl set-ntp true (needs a network), or an RTC",
        ),
    ),
    Check(
        "memory.available",
        W,
        memory_available,
        Words("Свободная память", "Free memory"),
        Words(
            "Памяти почти не осталось: первой будет остановлена языковая модель.",
            "Hardly any memory is left: the language model will be stopped first.",
        ),
        Words(
            "Возьмите модель поменьше (secretaryctl models list) или завершите лишние программы",
            "Take a smaller model (secretaryctl models list) or end other programs",
        ),
    ),
    Check(
        "memory.limits",
        W,
        memory_limits,
        Words("Пределы памяти служб", "Memory limits of the units"),
        Words(
            "Ядро не считает память служб: пределы в юнитах не действуют.",
            "The kernel does not count the units' memory: their limits have no effect.",
        ),
        Words(
            "Добавьте cgroup_enable=memory в /boot/firmware/cmdline.txt и перезагрузите",
            "Add cgroup_enable=memory to /boot/firmware/cmdline.txt and reboot",
        ),
    ),
    Check(
        "machine.temperature",
        W,
        temperature,
        Words("Температура", "Temperature"),
        Words(
            "Процессор перегрет и замедляется: ответы будут дольше.",
            "The processor is hot and slows down: answers take longer.",
        ),
        Words("Поставьте радиатор или вентилятор, освободите корпус", "Add a heat sink or a fan, give the case air"),
    ),
    Check(
        "machine.power",
        W,
        power,
        Words("Питание", "Power supply"),
        Words(
            "Напряжения не хватало: модем и карта памяти могут отказывать.",
            "The voltage was too low: modem and card may fail.",
        ),
        Words(
            "Возьмите блок питания на 3 А (Pi 4) или 5 А (Pi 5) и короткий кабель",
            "Use a supply of 3 A (Pi 4) or 5 A (Pi 5) and a short cable",
        ),
    ),
    Check(
        "journal.limits",
        W,
        journal,
        Words("Размер журнала", "Size of the journal"),
        Words("Журнал не ограничен и заполнит карту.", "The journal has no limit and will fill the card."),
        Words(
            "Поставьте journald.conf.d/50-secretary.conf в /etc/systemd/ и: sudo systemctl restart systemd-journald",
            "Install journald.conf.d/50-secretary.conf in /etc/systemd/, then: sudo systemctl restart systemd-journald",
        ),
    ),
    Check(
        "machine.libraries",
        W,
        libraries,
        Words("Библиотеки", "Libraries"),
        Words(
            "Не установлены необязательные части, которые нужны этим настройкам.",
            "Optional parts that this configuration needs are not installed.",
        ),
        Words(
            "Поставьте libasound2-dev libsystemd-dev g++ cmake и повторите make setup",
            "Install libasound2-dev libsystemd-dev g++ cmake, then run make setup again",
        ),
    ),
)

"""Checks of modem, SIM, network and sound. PURE."""

from typing import Final

from secretaryd.doctor.check import Check, Level, Outcome, Skipped, Well, Words, Wrong
from secretaryd.doctor.facts import Facts

AUTO: Final = "auto"
WEAK_DBM: Final = -103
"""Below this calls break off; one bar of four (3GPP TS 27.007 +CSQ 5 is -103 dBm)."""
MANY_TIMEOUTS: Final = 20


def _simulated(facts: Facts) -> bool:
    return facts.live is not None and facts.live.simulated


def port_present(facts: Facts) -> Outcome:
    """The AT port is there."""
    if _simulated(facts):
        return Skipped("simulated")
    if facts.hardware.at is None:
        return Wrong(facts.hardware.trouble)
    return Well(str(facts.hardware.at))


def port_permission(facts: Facts) -> Outcome:
    """Whoever runs this, or the core, may open it."""
    if facts.hardware.at is None or _simulated(facts):
        return Skipped("simulated" if _simulated(facts) else "see above")
    if facts.machine.systemd and not facts.machine.superuser and not facts.hardware.at_usable:
        return Skipped("not allowed")  # the core is another user, of the group dialout
    return Well() if facts.hardware.at_usable else Wrong(str(facts.hardware.at))


def driver(facts: Facts) -> Outcome:
    """The kernel's driver of the ports."""
    if facts.config.at_port != AUTO or _simulated(facts):
        return Skipped("simulated" if _simulated(facts) else "not configured")
    return Well() if facts.hardware.driver else Wrong()


def modem_manager(facts: Facts) -> Outcome:
    """It would take the port away."""
    return Wrong() if facts.hardware.modem_manager and not facts.hardware.rules else Well()


def sound_port(facts: Facts) -> Outcome:
    """The caller must be heard."""
    if facts.config.audio == "alsa" or _simulated(facts):
        return Skipped("simulated" if _simulated(facts) else "not configured")
    if facts.hardware.at is None:
        return Skipped("see above")
    if facts.hardware.pcm is None:
        return Wrong()
    return Well(str(facts.hardware.pcm))


def sound_gate(facts: Facts) -> Outcome:
    """No call was silent lately."""
    if facts.live is None:
        return Skipped("box is away")
    return Wrong(str(facts.live.silent_calls)) if facts.live.silent_calls else Well()


def answers(facts: Facts) -> Outcome:
    """The modem speaks with the core."""
    if facts.live is None:
        return Skipped("box is away")
    if facts.live.modem_up:
        return Well()
    return Wrong(" ".join(part for part in (facts.live.modem_reason, facts.live.modem_detail) if part))


def steady(facts: Facts) -> Outcome:
    """It answers in time."""
    if (skip := _modem_away(facts)) is not None:
        return skip
    assert facts.live is not None
    many = facts.live.timeouts >= MANY_TIMEOUTS
    return Wrong(str(facts.live.timeouts)) if many else Well()


def _modem_away(facts: Facts) -> Skipped | None:
    if facts.live is None:
        return Skipped("box is away")
    return None if facts.live.modem_up else Skipped("see above")


def sim_present(facts: Facts) -> Outcome:
    """A card that works."""
    if (skip := _modem_away(facts)) is not None:
        return skip
    assert facts.live is not None
    return Wrong(facts.live.sim) if facts.live.sim in ("absent", "failed") else Well()


def sim_pin(facts: Facts) -> Outcome:
    """Unlocked."""
    if (skip := _modem_away(facts)) is not None:
        return skip
    assert facts.live is not None
    if facts.live.sim == "puk_required":
        return Wrong("PUK")
    return Wrong("PIN") if facts.live.sim in ("pin_required", "pin_wrong") else Well()


def registered(facts: Facts) -> Outcome:
    """The network knows us."""
    if (skip := _modem_away(facts)) is not None:
        return skip
    assert facts.live is not None
    return Well() if facts.live.registered else Wrong("denied" if "network.denied" in facts.live.alerts else "")


def signal(facts: Facts) -> Outcome:
    """Strong enough for a call."""
    if (skip := _modem_away(facts)) is not None:
        return skip
    assert facts.live is not None
    if facts.live.signal_dbm is None:
        return Skipped("not told")
    shown = f"{facts.live.signal_dbm} dBm"
    return Wrong(shown) if facts.live.signal_dbm < WEAK_DBM else Well(shown)


E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
CHECKS: Final = (
    Check(
        "modem.port",
        E,
        port_present,
        Words("Порт модема", "Modem's port"),
        Words("Модем SIM7600 не найден.", "No SIM7600 was found."),
        Words(
            "Проверьте кабель и питание (до 2 А); lsusb должна показать 1e0e:9001",
            "Check cable and power (up to 2 A); lsusb should show 1e0e:9001",
        ),
    ),
    Check(
        "modem.permission",
        E,
        port_permission,
        Words("Доступ к порту", "Access to the port"),
        Words("Порт нельзя открыть с этими правами.", "The port may not be opened by this user."),
        Words("sudo adduser $USER dialout, затем войдите заново", "sudo adduser $USER dialout, then sign in anew"),
    ),
    Check(
        "modem.driver",
        E,
        driver,
        Words("Драйвер модема", "Modem's driver"),
        Words(
            "Не загружен драйвер option: портов ttyUSB не будет.",
            "The driver option is not loaded: there will be no ttyUSB.",
        ),
        Words(
            "sudo modprobe option; навсегда: файл /etc/modules-load.d/secretary.conf",
            "sudo modprobe option; for good: the file /etc/modules-load.d/secretary.conf",
        ),
    ),
    Check(
        "modem.manager",
        E,
        modem_manager,
        Words("ModemManager", "ModemManager"),
        Words(
            "Работает ModemManager, и ничто не отгоняет его от этого модема.",
            "ModemManager runs, and nothing keeps it away from this modem.",
        ),
        Words(
            "Поставьте правила udev из etc/systemd/udev или: sudo systemctl disable --now ModemManager",
            "Install the udev rules of etc/systemd/udev, or: sudo systemctl disable --now ModemManager",
        ),
    ),
    Check(
        "modem.answers",
        E,
        answers,
        Words("Связь с модемом", "Talking to the modem"),
        Words("Служба работает, но модем не на связи.", "The box runs, and the modem is away."),
        Words(
            "secretaryctl status назовёт причину; выключите и включите питание модема",
            "secretaryctl status names the reason; switch the modem's power off and on",
        ),
    ),
    Check(
        "modem.steady",
        W,
        steady,
        Words("Ровность ответов модема", "Steadiness of the modem"),
        Words(
            "Модем часто не отвечает вовремя: питание, кабель или прошивка.",
            "It often fails to answer in time: power, cable or firmware.",
        ),
        Words("Замените кабель и блок питания; обновите прошивку", "Replace cable and supply; update the firmware"),
    ),
    Check(
        "sim.present",
        E,
        sim_present,
        Words("SIM-карта", "SIM card"),
        Words("SIM-карты нет или она неисправна.", "There is no SIM card, or it fails."),
        Words("Вставьте карту до щелчка, протрите контакты", "Push it in until it clicks, clean its contacts"),
    ),
    Check(
        "sim.pin",
        E,
        sim_pin,
        Words("PIN SIM-карты", "PIN of the SIM"),
        Words("Карта ждёт PIN или PUK.", "The card waits for a PIN or PUK."),
        Words(
            "PIN в файл с правами 0600 и его путь в modem.sim_pin_file; PUK введите в телефоне",
            "The PIN into a file of mode 0600, its path into modem.sim_pin_file; a PUK in a telephone",
        ),
    ),
    Check(
        "network.registered",
        E,
        registered,
        Words("Регистрация в сети", "Registration"),
        Words("Сеть не приняла SIM-карту.", "The network has not taken the SIM."),
        Words(
            "Проверьте антенну, баланс и блокировку у оператора", "Check antenna, balance, and blocks by the operator"
        ),
    ),
    Check(
        "network.signal",
        W,
        signal,
        Words("Сигнал", "Signal"),
        Words("Сигнал слабый: разговоры будут обрываться.", "The signal is weak: calls will break off."),
        Words(
            "Передвиньте антенну к окну или возьмите выносную", "Move the antenna to a window, or use an external one"
        ),
    ),
    Check(
        "sound.port",
        E,
        sound_port,
        Words("Звуковой порт модема", "Modem's sound port"),
        Words(
            "У модема не нашлось порта звука: звонок будет немым.",
            "The modem's sound port was not found: calls would be silent.",
        ),
        Words(
            'Укажите modem.pcm_port или modem.audio = "alsa"; состав USB по умолчанию: AT+CUSBPIDSWITCH=9001,1,1',
            'Set modem.pcm_port or modem.audio = "alsa"; default USB composition: AT+CUSBPIDSWITCH=9001,1,1',
        ),
    ),
    Check(
        "sound.gate",
        E,
        sound_gate,
        Words("Звук в разговорах", "Sound in calls"),
        Words("В недавних разговорах не было звука.", "Calls were silent lately."),
        Words("Выключите и включите модем; обновите его прошивку", "Switch the modem off and on; update its firmware"),
    ),
)

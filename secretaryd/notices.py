"""What the owner is told, in the box's language: alert codes to words and a remedy. Tables only."""

from dataclasses import dataclass
from typing import Final

from hw.modem.events import DownReason, SimState
from hw.modem.recovery import Fault
from secretaryd.reasons import in_language


@dataclass(frozen=True, slots=True)
class Alert:
    """Something the owner should know; `level` is "info", "warning" or "error"."""

    code: str
    level: str
    text: str
    remedy: str = ""
    detail: str = ""
    """A reason from below, which stands in `text` too."""

    def words(self) -> dict[str, tuple[str, str]]:
        """Text and remedy in every language, for a reader whose language is not the box's."""
        told = {language: alert(self.code, language, self.detail) for language in ("ru", "en")}
        return {language: (each.text, each.remedy) for language, each in told.items()}


Words = tuple[str, str]  # what is so, what to do

TABLE: Final[dict[str, tuple[str, Words, Words]]] = {
    "modem.no_port": (
        "error",
        ("Модем не найден.", "Проверьте USB-кабель и питание модема (до 2 А)."),
        ("The modem was not found.", "Check the USB cable and the modem's power supply (up to 2 A)."),
    ),
    "modem.port_busy": (
        "error",
        ("Порт модема занят другой программой.", "Остановите ModemManager: sudo systemctl disable --now ModemManager"),
        ("The modem's port is in use.", "Stop ModemManager: sudo systemctl disable --now ModemManager"),
    ),
    "modem.port_lost": (
        "error",
        ("Модем пропал.", "Связь восстановится сама; если нет, проверьте кабель и питание."),
        ("The modem vanished.", "It is being looked for; if it stays away, check cable and power."),
    ),
    "modem.not_a_modem": (
        "error",
        ("На порту отвечает не модем SIM7600.", "Проверьте modem.at_port в настройках."),
        ("What answers at the port is no SIM7600.", "Check modem.at_port in the configuration."),
    ),
    "modem.silent": (
        "error",
        ("Модем не отвечает.", "Идут повторные попытки; если долго, выключите и включите питание модема."),
        ("The modem does not answer.", "It is tried again and again; if that lasts, switch its power off and on."),
    ),
    "modem.init_refused": (
        "error",
        ("Модем отказался от настройки.", "Подробности в журнале; обновите прошивку модема."),
        ("The modem refused its set-up.", "See the log; a newer firmware may help."),
    ),
    "modem.starting": ("info", ("Модем запускается.", ""), ("The modem is starting.", "")),
    "modem.refusing": (
        "warning",
        ("Модем отвечает ошибками; его приводят в порядок.", "Если повторяется: secretaryctl status"),
        ("The modem answers with errors; it is being mended.", "If that goes on: secretaryctl status"),
    ),
    "modem.call_stuck": (
        "error",
        ("Модем не отпускает законченный звонок.", "Линия освободится сама; если нет, переподключите модем."),
        ("The modem holds a call that is over.", "The line is being freed; if it is not, replug the modem."),
    ),
    "setup.open": (
        "warning",
        ("Коробка ещё не настроена: владельца нет.", "Ссылка и QR-код для первого входа: secretaryctl setup"),
        ("The box is not set up yet: it has no owner.", "Link and QR code to begin: secretaryctl setup"),
    ),
    "clock.unset": (
        "warning",
        (
            "Часы не установлены: до этого ничего не удаляется по сроку.",
            "Они установятся по сети оператора или по NTP; проверьте: timedatectl",
        ),
        (
            "The clock is not set: until it is, nothing is deleted by age.",
            "The mobile network or NTP will set it; check: timedatectl",
        ),
    ),
    "sound.failed": (
        "error",
        (
            "Модем не передаёт звук разговора.",
            "Он перезапустится, когда линия свободна; если повторяется, обновите его прошивку.",
        ),
        (
            "The modem does not carry the sound of calls.",
            "It is reset once the line is free; if that goes on, update its firmware.",
        ),
    ),
    "sound.firmware": (
        "warning",
        ("С этой прошивкой модема собеседник нас не слышит (известная ошибка).", "Обновите прошивку модема."),
        ("With this firmware of the modem callers hear nothing (a known fault).", "Update the modem's firmware."),
    ),
    "sound.worn": (
        "info",
        ("Звук модема открывается не с первого раза; он перезапустится, когда линия свободна.", ""),
        ("The modem's sound opens late; it is reset once the line is free.", ""),
    ),
    "sim.absent": (
        "error",
        ("Нет SIM-карты.", "Вставьте SIM-карту до щелчка."),
        ("No SIM card.", "Insert the SIM card."),
    ),
    "sim.pin_required": (
        "error",
        (
            "SIM-карта просит PIN.",
            "Сохраните PIN: secretaryctl secrets set sim_pin",
        ),
        (
            "The SIM asks for its PIN.",
            "Keep it: secretaryctl secrets set sim_pin",
        ),
    ),
    "sim.pin_wrong": (
        "error",
        (
            "PIN не подошёл; больше он не пробуется.",
            "Исправьте секрет (или файл) с PIN: тогда будет одна новая попытка.",
        ),
        ("The PIN was wrong; it is not tried again.", "Mend the secret (or the file) with the PIN for one more try."),
    ),
    "sim.puk_required": (
        "error",
        ("SIM-карта заблокирована и просит PUK.", "Разблокируйте её в телефоне."),
        ("The SIM is blocked and asks for its PUK.", "Unblock it in a telephone."),
    ),
    "sim.failed": (
        "error",
        ("SIM-карта неисправна.", "Проверьте контакты или замените карту."),
        ("The SIM card fails.", "Check its contacts or replace it."),
    ),
    "sim.balance_low": (
        "warning",
        ("На балансе мало денег.", "Пополните счёт; проверить: secretaryctl ussd balance"),
        ("The balance is low.", "Top it up; to check: secretaryctl ussd balance"),
    ),
    "sim.unused": (
        "warning",
        (
            "SIM-картой давно не звонили, дней.",
            "Сделайте платный звонок или отправьте SMS: иначе оператор может забрать номер.",
        ),
        (
            "The SIM has not been used for days.",
            "Make a paid call or send a message: else the operator may take the number back.",
        ),
    ),
    "network.none": (
        "warning",
        ("Нет регистрации в сети.", "Проверьте антенну и баланс."),
        ("Not registered in the network.", "Check the antenna and the balance."),
    ),
    "network.denied": (
        "error",
        ("Сеть отказала в регистрации.", "Проверьте баланс и блокировку SIM-карты у оператора."),
        ("The network refuses this SIM.", "Check the balance, and whether the operator has blocked it."),
    ),
    "speech.down": (
        "error",
        ("Распознавание и голос недоступны; звонки принимаются и записываются.", "Перезапустите secretary-speech."),
        ("Recogniser and voice are away; calls are answered and recorded.", "Restart secretary-speech."),
    ),
    "stt.failed": (
        "error",
        ("Модель распознавания не загрузилась.", "Проверьте: secretaryctl models verify"),
        ("The recogniser's model did not load.", "Check: secretaryctl models verify"),
    ),
    "tts.failed": (
        "error",
        ("Голос не загрузился.", "Проверьте: secretaryctl models verify"),
        ("The voice did not load.", "Check: secretaryctl models verify"),
    ),
    "llm.down": (
        "warning",
        ("Языковая модель недоступна; ответы только из FAQ.", "Перезапустите secretary-llm или проверьте узлы."),
        ("No language model; answers come from the FAQ only.", "Restart secretary-llm or check the nodes."),
    ),
    "starter.models": (
        "info",
        (
            "Работают учебные модели: для пробы, не для клиентов.",
            "Поставьте настоящие: secretaryctl models install ru-standard",
        ),
        (
            "The bundled starter models are in use: for trying, not for callers.",
            "Install real ones: secretaryctl models install ru-standard",
        ),
    ),
    "starter.chat": (
        "warning",
        (
            "Учебная языковая модель не отвечает клиентам: только FAQ и сообщения.",
            "Поставьте настоящую: secretaryctl models install ru-standard",
        ),
        (
            "The bundled chat model does not speak to callers: FAQ and messages only.",
            "Install a real one: secretaryctl models install ru-standard",
        ),
    ),
    "model.missing": (
        "error",
        ("Модель из настроек не найдена.", "secretaryctl models list"),
        ("A configured model is not there.", "secretaryctl models list"),
    ),
    "second.missing": (
        "warning",
        (
            "Второй расшифровки не будет: модели из stt.second нет.",
            "Поставьте её: secretaryctl models list",
        ),
        (
            "No second transcription: the model of stt.second is missing.",
            "Install it: secretaryctl models list",
        ),
    ),
    "second.failed": (
        "warning",
        (
            "Вторая расшифровка не получается; звонкам это не мешает.",
            "Модель может не помещаться в память; подробности в журнале: secretaryctl logs speech",
        ),
        (
            "The second transcription does not work; calls are not hindered by it.",
            "The model may not fit the memory; see the log: secretaryctl logs speech",
        ),
    ),
    "recordings.no_encoder": (
        "warning",
        (
            "Записи остаются несжатыми: для MP3 нужна программа lame.",
            "Поставьте её (sudo apt install lame) или смените keep.format: secretaryctl config keys",
        ),
        (
            "Recordings stay uncompressed: MP3 needs the program lame.",
            "Install it (sudo apt install lame), or change keep.format: secretaryctl config keys",
        ),
    ),
    "disk.filling": (
        "warning",
        (
            "Диск заполняется; при нехватке места удаляются старые записи.",
            "Отметьте нужные записи, чтобы они остались: secretaryctl calls list",
        ),
        (
            "The disk is filling; the oldest recordings go first.",
            "Mark those that you need as kept: secretaryctl calls list",
        ),
    ),
    "board.under_voltage": (
        "error",
        (
            "Питания не хватает.",
            "Поставьте блок питания на 5 В и 3 А (Pi 5: 5 А) и короткий кабель; модему нужно до 2 А.",
        ),
        (
            "The supply voltage is too low.",
            "Use a supply of 5 V and 3 A (Pi 5: 5 A) and a short cable; the modem takes up to 2 A.",
        ),
    ),
    "board.was_under_voltage": (
        "warning",
        ("После включения питания не хватало.", "Проверьте блок питания и кабель, пока не пропал модем."),
        ("The supply voltage was too low since the start.", "Check supply and cable before the modem vanishes."),
    ),
    "board.hot": (
        "warning",
        ("Плата перегрета.", "Поставьте радиатор или вентилятор; откройте корпус."),
        ("The board is too hot.", "Fit a heat sink or a fan, or open the case."),
    ),
    "board.slowed": (
        "warning",
        ("Процессор замедлен из-за нагрева или питания.", "Проверьте охлаждение и блок питания."),
        ("The processor is slowed by heat or supply.", "Check cooling and power supply."),
    ),
    "board.panel": (
        "warning",
        ("Кнопка или светодиод не работают.", "Проверьте board.led_gpio и board.button_gpio; нужны gpiozero и lgpio."),
        ("Button or light do not work.", "Check board.led_gpio and board.button_gpio; gpiozero and lgpio are needed."),
    ),
    "disk.low": (
        "warning",
        ("Заканчивается место на диске.", "Удалите старые записи или поставьте карту побольше."),
        ("Disk space is running out.", "Delete old recordings or use a larger card."),
    ),
    "recording.failed": (
        "error",
        ("Запись разговора не удалась.", "Проверьте место на диске и карту памяти."),
        ("A call could not be recorded.", "Check disk space and the memory card."),
    ),
    "database.damaged": (
        "error",
        ("База данных была повреждена и начата заново.", "Старый файл сохранён рядом; восстановите из копии."),
        ("The database was damaged and begun anew.", "The old file is kept beside it; restore from a backup."),
    ),
    "database.unsound": (
        "error",
        ("В базе данных найдены повреждения.", "Восстановите из копии: secretaryctl backup list"),
        ("The database was found damaged.", "Restore a backup: secretaryctl backup list"),
    ),
    "content.fallback": (
        "error",
        ("Файл с ответами содержит ошибку; работают исходные.", "Исправьте его: secretaryctl persona show"),
        ("A file of answers has errors; those that were shipped are in use.", "Mend it: secretaryctl persona show"),
    ),
    "database.fallback": (
        "error",
        (
            "База данных была повреждена; работает последняя целая резервная копия.",
            "Проверьте звонки и карту памяти; повреждённый файл сохранён рядом.",
        ),
        (
            "The database was damaged; the newest good backup is in force.",
            "Look through the calls and check the memory card; the damaged file is kept beside it.",
        ),
    ),
    "database.restored": (
        "info",
        ("Данные восстановлены из резервной копии.", "Прежнее состояние хранится до следующего чистого запуска."),
        ("The data were restored from a backup.", "The state before is kept until the next clean start."),
    ),
    "backup.no_key": (
        "info",
        (
            "У резервных копий нет ключа владельца: на новой карте их не открыть.",
            "Сделайте ключ и сохраните его: secretaryctl backup key",
        ),
        (
            "The backups have no key kit of the owner's: they do not open on another card.",
            "Make one and keep it: secretaryctl backup key",
        ),
    ),
    "sms.memory_full": (
        "warning",
        ("Память SMS переполнена; она освобождается.", "Если не проходит: secretaryctl sms list"),
        ("The memory for messages is full; it is being emptied.", "If that lasts: secretaryctl sms list"),
    ),
    "sms.memory_low": (
        "warning",
        ("Память SMS почти заполнена; она освобождается.", "Если не проходит: secretaryctl sms list"),
        ("The memory for messages is nearly full; it is being emptied.", "If that lasts: secretaryctl sms list"),
    ),
    "backup.failed": (
        "error",
        ("Ночная резервная копия не получилась.", "Попробуйте вручную: secretaryctl backup create"),
        ("The nightly backup failed.", "Try it by hand: secretaryctl backup create"),
    ),
    "config.fallback": (
        "error",
        ("Файл настроек с ошибкой; работает последний верный.", "secretaryctl config check"),
        ("The configuration has errors; the last good one is in force.", "secretaryctl config check"),
    ),
}


def alert(code: str, language: str, detail: str = "") -> Alert:
    """The alert in that language; `detail` (a reason from below) is added in brackets."""
    level, ru, en = TABLE[code]
    text, remedy = en if language == "en" else ru
    why = in_language(detail, language)
    return Alert(code, level, f"{text[:-1]} ({why})." if why else text, remedy, detail)


def modem_code(reason: DownReason) -> str:
    """The alert for a modem that is down."""
    return f"modem.{reason}"


MUTE_FIRMWARE: Final = frozenset({"LE20B06SIM7600G22"})
"""Reported to take the sound of a call and not to play it (LilyGo-Modem-Series, issue 542)."""

TROUBLE_CODES: Final[dict[Fault, str]] = {
    Fault.REFUSED: "modem.refusing",
    Fault.CALL_STUCK: "modem.call_stuck",
    Fault.SOUND_REFUSED: "sound.failed",
    Fault.UPLINK_STUCK: "sound.failed",
    Fault.DOWNLINK_SILENT: "sound.failed",
    Fault.SOUND_WORN: "sound.worn",
}
"""Troubles of a modem that is up; the others have alerts of their own."""

SIM_CODES: Final[dict[SimState, str]] = {
    SimState.PIN_REQUIRED: "sim.pin_required",
    SimState.PIN_WRONG: "sim.pin_wrong",
    SimState.PUK_REQUIRED: "sim.puk_required",
    SimState.ABSENT: "sim.absent",
    SimState.FAILED: "sim.failed",
}

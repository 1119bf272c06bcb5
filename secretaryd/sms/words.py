"""What the owner reads about messages, and what the box writes by itself. Tables only."""

from typing import Final

REASONS: Final[dict[str, tuple[str, str]]] = {
    "": ("", ""),
    "procedure": ("доставка прервана", "delivery was aborted"),
    "incompatible": ("получатель не принимает такие сообщения", "the recipient cannot take such messages"),
    "rejected": ("получатель или сеть отказали", "rejected by the recipient or the network"),
    "not_obtainable": ("получатель недоступен", "the recipient cannot be reached"),
    "no_interworking": ("сети не обмениваются сообщениями", "the networks do not exchange messages"),
    "expired": ("не доставлено за отведённое время", "not delivered in time"),
    "deleted": ("удалено оператором", "deleted by the operator"),
    "not_existing": ("номер не обслуживается", "the number is not in service"),
    "undelivered": ("не доставлено", "not delivered"),
    "barred": ("отправка запрещена оператором", "sending is barred by the operator"),
    "not_subscribed": ("услуга SMS не подключена или нет денег", "no SMS service, or no money"),
    "bad_message": ("модем не принял сообщение", "the modem did not take the message"),
    "no_network": ("нет сети", "no network"),
    "congestion": ("сеть перегружена", "the network is congested"),
    "sim": ("SIM-карта не готова", "the SIM is not ready"),
    "memory_full": ("память модема полна", "the modem's memory is full"),
    "refused": ("модем отказал", "the modem refused"),
    "no_modem": ("нет модема", "no modem"),
    "uncertain": ("неизвестно, ушло ли", "it is not known whether it was sent"),
    "daily_cap": ("достигнут дневной предел", "the daily cap is reached"),
    "quiet_hours": ("тихие часы", "quiet hours"),
    "too_late": ("отложено слишком надолго", "put off for too long"),
    "off": ("отправка выключена", "sending is off"),
}
"""Reason to Russian and English."""

REFUSED: Final[dict[str, tuple[str, str]]] = {
    "no_number": ("Это не номер телефона.", "This is no telephone number."),
    "emergency": ("На экстренные номера SMS не отправляются.", "No messages go to emergency numbers."),
    "short": ("Короткие номера запрещены, пока их нет в sms.allow.", "Short numbers are refused unless in sms.allow."),
    "fixed": ("На городской номер SMS не уйдёт.", "A message does not reach a landline."),
    "foreign": (
        "Номер не российский мобильный и не в sms.allow.",
        "Neither a Russian mobile number nor in sms.allow.",
    ),
    "empty": ("Пустое сообщение.", "The message is empty."),
    "too_long": ("Сообщение длиннее {} частей.", "The message is longer than {} parts."),
    "not_found": ("Сообщения SMS {} нет.", "There is no SMS {}."),
    "gone": ("Сообщение {} уже не отменить: {}.", "Message {} cannot be cancelled any more: {}."),
}

NOTICES: Final[dict[str, tuple[str, str]]] = {
    "message": ("Сообщение{}: {}", "Message{}: {}"),
    "broken": ("Звонок {number} в {at} оборвался: {why}.", "The call of {number} at {at} broke off: {why}."),
    "nobody": ("без номера", "a withheld number"),
    "no sound": ("модем не дал звука", "the modem gave no sound"),
    "line lost": ("пропала связь с модемом", "the modem was lost"),
    "crash": ("программа перезапустилась", "the program was restarted"),
    "address": ("{name}: страница по адресу {address}", "{name}: the page is at {address}"),
    "no address": ("{name}: сети нет, страница недоступна.", "{name}: no network, the page cannot be reached."),
}
ANSWERS: Final[dict[str, tuple[str, str]]] = {
    "status": (
        "{name}: {line}. Сеть {operator} {bars}/4. Сегодня звонков {calls}, сообщений {messages}, не разобрано {open}.",
        "{name}: {line}. Network {operator} {bars}/4. Today {calls} calls, {messages} messages, {open} unhandled.",
    ),
    "recording_on": ("Запись звонков включена.", "Calls are recorded."),
    "recording_off": ("Запись звонков выключена.", "Calls are not recorded."),
    "call_back": (
        "Задача {}: перезвонить {}. Набор по вашей команде.",
        "Task {}: call back {}. Dialled when you say so.",
    ),
    "nobody": ("Перезванивать некому: нет звонка с известным номером.", "Nobody to call back: no call with a number."),
    "failed": ("Не получилось: {}.", "That failed: {}."),
    "help": (
        "Команды: статус; перезвони; выключи запись; включи запись.",
        "Commands: status; call back; recording off; recording on.",
    ),
}

COMMANDS: Final[dict[str, str]] = {
    "статус": "status",
    "status": "status",
    "перезвони": "call_back",
    "перезвонить": "call_back",
    "call back": "call_back",
    "callback": "call_back",
    "выключи запись": "recording_off",
    "выключить запись": "recording_off",
    "recording off": "recording_off",
    "включи запись": "recording_on",
    "включить запись": "recording_on",
    "recording on": "recording_on",
    "помощь": "help",
    "команды": "help",
    "help": "help",
}
"""What a listed number may write, in small letters and without punctuation; anything else is just a message."""


def word(table: dict[str, tuple[str, str]], key: str, language: str) -> str:
    """A text of a table in that language."""
    return table[key][language == "en"]


def reason(code: str, language: str) -> str:
    """Why, in words; a code that is not known as it is."""
    return word(REASONS, code, language) if code in REASONS else code


def command_of(text: str) -> str | None:
    """The command that a text is, None where it is none."""
    plain = "".join(char if char.isalnum() else " " for char in text[:40].casefold().replace("ё", "е"))
    return COMMANDS.get(" ".join(plain.split())) if len(text) <= 40 else None

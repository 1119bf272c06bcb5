"""Sentences of `hw`, and of those who wait for other machines."""

from typing import Final

RUSSIAN: Final[dict[str, str]] = {
    # calls
    "a call is there": "идёт звонок",
    "nothing rings": "никто не звонит",
    "the line is busy": "линия занята",
    "not registered in the network": "модем не в сети оператора",
    "no call is up": "разговора нет",
    "no modem: {why}": "модема нет: {why}",
    "a question is being asked, or a call is there": "уже идёт запрос или звонок",
    "no answer within {seconds} s": "нет ответа уже {seconds} с",
    # port and modem
    "no_port": "он не найден",
    "port_busy": "порт занят другой программой",
    "port_lost": "он пропал",
    "not_a_modem": "отвечает не модем",
    "silent": "он не отвечает",
    "init_refused": "он отказался от настройки",
    "{key} is empty: give a path or {auto!r}": "настройка {key} пуста: задайте путь или «{auto}»",
    "{key} {path} does not exist": "настройка {key}: {path} не существует",
    "USB device {name} has an AT port but its sound interface has no ttyUSB": (
        "у модема {name} есть порт команд, а порта звука нет"
    ),
    "the port is closed": "порт закрыт",
    "reading failed: {why}": "чтение не удалось: {why}",
    "writing failed: {why}": "запись не удалась: {why}",
    "the port talks, but not AT ({count} bytes and no OK)": (
        "порт отвечает, но это не модем ({count} байт без ответа на AT)"
    ),
    "no OK to {tries} x AT": "нет ответа на AT, попыток {tries}",
    "AT is answered, questions are not": "на AT модем отвечает, на вопросы нет",
    "{command}: no answer within {seconds} s": "{command}: нет ответа уже {seconds} с",
    "{command}: {count} commands are waiting already": "{command}: ждут уже {count} команд",
    "message {number} reads differently every time": "сообщение {number} каждый раз читается по-разному",
    # the SIM's PIN
    "an earlier attempt was cut short and the SIM has not all its tries left": (
        "прошлая попытка оборвалась, и у SIM-карты остались не все попытки"
    ),
    "the SIM has one try left before it asks for its PUK: enter the PIN by hand": (
        "осталась одна попытка до PUK: введите PIN сами"
    ),
    "the SIM asks for its PIN and neither sim_pin_file nor sim_pin_secret is configured": "SIM-карта просит PIN, а ни "
    "sim_pin_file, ни sim_pin_secret не заданы",
    "{source} does not hold a PIN of 4 to 8 digits": "в {source} нет PIN из 4–8 цифр",
    "this PIN was refused before": "этот PIN уже не подошёл",
    "it would be the last try": "это была бы последняя попытка",
    "cannot read {path} ({why}): remove it to have the PIN tried": (
        "не читается {path} ({why}): удалите его, и PIN будет испробован"
    ),
    "{path} is not a plain file": "{path} не простой файл",
    # sound
    "the line is over": "разговор окончен",
    "no sound after {tries} tries in {seconds} s: {why}": "звука нет, попыток {tries} за {seconds} с: {why}",
    "the modem said OK but its sound is still off after {seconds} s": "модем согласился, но звука нет уже {seconds} с",
    "{name} has taken no sound for {seconds} s": "{name} не берёт звук уже {seconds} с",
    "{name} was not opened anew within {seconds} s": "{name} не открылся снова за {seconds} с",
    "more than {seconds} s of sound would wait": "ждало бы больше {seconds} с звука",
    "{path}: hung up": "{path} закрылся с той стороны",
    "{path}: cannot be made raw: {why}": "{path} не переводится в простой режим: {why}",
    "{name}: capture failed ({why})": "{name}: запись звука оборвалась ({why})",
    "{name}: the card is gone": "звуковая карта {name} пропала",
    "{name}: takes no sound": "{name} не берёт звук",
    "{name}: gives {rate} Hz, {count} channels; use a plughw: name": (
        "{name} даёт {rate} Гц, каналов {count}; нужно имя вида plughw:"
    ),
    "no sound: {why}": "звука нет: {why}",
    "the sound is stuck, and its port cannot be opened anew: {why}": "звук застрял, и порт не открывается снова: {why}",
    # the board
    "pyalsaaudio is missing: {remedy}": "нет библиотеки pyalsaaudio: {remedy}",
    "gpiozero is missing: {remedy}": "нет библиотеки gpiozero: {remedy}",
    "the light: {why}": "светодиод: {why}",
    "the clock cannot be set: {why}": "часы не ставятся: {why}",
    # other machines, and what a process says of itself
    "starting": "запускается",
    "loading": "загружается",
    "unknown": "ещё не отвечала",
    "away": "не отвечает",
    "failed": "отказала",
    "starter": "есть только учебная модель",
    "refused": "отказано",
    "absent": "модель не задана",
    "no language model is configured": "языковая модель не задана",
    "nothing for {seconds} s": "молчит уже {seconds} с",
    "the key in {name} cannot be read: {why}": "ключ в {name} не читается: {why}",
    "{name} holds no key": "в {name} нет ключа",
    "not an event stream: {why}": "это не поток событий: {why}",
    "not finished after {seconds} s": "не договорила за {seconds} с",
    "no word within {seconds} s": "ни слова уже {seconds} с",
    "an empty answer": "пустой ответ",
    "an error in mid-stream": "ошибка посреди ответа",
    "the stream broke off": "ответ оборвался",
    "not a chat completion": "это не ответ языковой модели",
    "failed lately": "недавно отказал",
    "the model took too long": "модель думала слишком долго",
    "the process that does it is not there: secretary-models.service": "нет процесса, который это делает: "
    "secretary-models.service",
}

"""Sentences of `voice`."""

from typing import Final

RUSSIAN: Final[dict[str, str]] = {
    # the processes
    "no transcript within {seconds} s": "текста нет уже {seconds} с",
    "not finished": "не закончено",
    "the recogniser is away": "распознавание не отвечает",
    "the recogniser does not begin to listen within {seconds} s": "распознавание не начинает слушать уже {seconds} с",
    "the voice does not speak within {seconds} s": "голос молчит уже {seconds} с",
    "the speech process does not accept within {seconds} s": "речевой процесс не отвечает уже {seconds} с",
    "no answer to {question} within {seconds} s": "нет ответа на {question} уже {seconds} с",
    "the speech process is away: {why}": "речевого процесса нет: {why}",
    "the speech process is gone: {why}": "речевой процесс пропал: {why}",
    "the speech process takes no orders": "речевой процесс не принимает заданий",
    "the stream is closed": "поток закрыт",
    "closed by the peer": "соединение закрыто",
    "the voice speaks at {rate} Hz, not {wanted}": "голос говорит на частоте {rate} Гц, а нужно {wanted}",
    "the second model is not loaded within {seconds} s": "вторая модель не загрузилась за {seconds} с",
    "the second recogniser is silent for {seconds} s": "второе распознавание молчит уже {seconds} с",
    "the second recogniser ended in the middle ({code})": "второе распознавание оборвалось ({code})",
    "the second recogniser is gone: {why}": "второе распознавание пропало: {why}",
    "the second recogniser is busy": "второе распознавание занято",
    "transcribe: there is no second recogniser": "второго распознавания нет",
    "{name} knows {language}, not {wanted}": "{name} знает язык {language}, а нужен {wanted}",
    "{count} requests are waiting": "ждут уже {count} запросов",
    "the model is loading": "модель загружается",
    "the node is closing": "языковая модель выключается",
    "only the bundled starter model is installed here": "установлена только встроенная учебная модель",
    "the model's chat template is broken: {why}": "шаблон беседы в модели испорчен: {why}",
    "the model's chat template refuses these messages: {why}": (
        "шаблон беседы в модели не принимает таких сообщений: {why}"
    ),
    "the prompt is {count} tokens long and {most} fit": "запрос занял {count} токенов, а помещается {most}",
    # model files
    "no such file: {path}": "нет файла {path}",
    "{path}: the file is empty": "файл {path} пуст",
    "{path}: there is no such file": "нет файла {path}",
    "{path}: there is no such directory": "нет папки {path}",
    "{path}: {name} is missing": "в {path} нет {name}",
    "{path}: Vosk cannot use this model ({why})": "модель {path} не подходит распознаванию ({why})",
    "{path}: Piper cannot use this voice ({why})": "голос {path} не загружается ({why})",
    "{name}: {why}": "{name}: {why}",
    "a link or too many files: {path}": "в папке модели ссылка или лишние файлы: {path}",
    "another installation of models is under way": "другая установка моделей ещё идёт",
    "archive {name} refused: {member!r}: {why}": "архив {name} не распакован: «{member}»: {why}",
    "archive {name} refused: {why}": "архив {name} не распакован: {why}",
    "broken catalogue: {why}": "каталог моделей испорчен: {why}",
    "broken manifest of {name!r}: {why}": "описание модели «{name}» испорчено: {why}",
    "bundle {name} names unknown models: {known}": "в наборе {name} неизвестные модели: {known}",
    "import failed: {why}": "перенос не удался: {why}",
    "installation failed: {why}": "установка не удалась: {why}",
    "manifest of {name!r} does not fit": "описание модели «{name}» чужое",
    "model {name!r} is damaged (its file {path}); reinstall: secretaryctl models install {name}": "модель «{name}» "
    "повреждена (файл {path}); поставьте заново: secretaryctl models install {name}",
    "model {name!r} is not installed; install it: secretaryctl models install {name}": (
        "модель «{name}» не установлена; установите: secretaryctl models install {name}"
    ),
    "no MemAvailable in /proc/meminfo": "ядро не говорит, сколько памяти свободно",
    "no model at {value}: {why}": "нет файла модели {value}: {why}",
    "no model {name!r}; did you mean: {known}?": "модели «{name}» нет; может быть, {known}?",
    "no model {name!r}; known: {known}": "модели «{name}» нет; есть: {known}",
    "no models at {source}": "в {source} нет моделей",
    "not a usable model name: {name!r}": "модель не может называться «{name}»",
    "{models} models in the archive": "моделей в архиве: {models}, а нужна одна",
    "{path} is {kind}, {wanted} is needed": "{path}: это модель другого рода ({kind}), нужна {wanted}",
    "{path}: contents changed": "файл {path} изменился",
    "{path}: missing": "нет файла {path}",
    "{path}: not part of the model": "файл {path} лишний",
    "{path}: {size} bytes instead of {wanted}": "в файле {path} {size} байт вместо {wanted}",
    "{path}: {why}": "{path}: {why}",
    "{setting} is empty": "не задана модель ({setting})",
    "{source} does not exist": "нет {source}",
    "nobody knows how to {do}": "такой работы с моделями нет: {do}",
    "model {name!r} is in use; switch to another one first: secretaryctl models use …": (
        "модель «{name}» сейчас выбрана; сначала выберите другую: secretaryctl models use …"
    ),
    "not enough disk: {need} MB needed (with a reserve for recordings), {have} MB free": (
        "не хватает места: нужно {need} МБ (с запасом для записей), свободно {have} МБ"
    ),
    "not enough disk: {need} MB needed, {have} MB free": "не хватает места: нужно {need} МБ, свободно {have} МБ",
    "the disk is full; kept so far": "диск заполнился; загруженное сохранено",
    "{name} needs about {need} MB of memory, {have} MB are free; take a smaller one or add --force": (
        "«{name}» нужно около {need} МБ памяти, а свободно {have} МБ; возьмите меньшую (или добавьте --force)"
    ),
    # downloads
    "HTTP {status} for {url}: gone or closed": "сервер ответил {status} на {url}: файл убран или закрыт",
    "could not download {url}: {why}; run it again to go on from there": (
        "не удалось скачать {url}: {why}; запустите ещё раз, загрузка продолжится с того же места"
    ),
    "the list at {url} is no JSON: {why}": "список моделей по адресу {url} не читается: {why}",
    "the list at {url} is too large": "список моделей по адресу {url} слишком велик",
    "the source publishes no usable size or checksum for {name}; it is not installed without them": "источник не "
    "публикует размер или контрольную сумму для {name}; без них модель не ставится",
    "the source's list ({where}) does not name {name}": "в списке источника ({where}) нет {name}",
    "{name}: its checksum does not fit": "контрольная сумма {name} не сходится",
    "{name}: its {algorithm} is not the one its source publishes; nothing was installed": "контрольная сумма {name} "
    "({algorithm}) не та, что публикует источник; модель не поставлена",
    "{url} redirects to plain http": "{url} уводит на адрес без шифрования",
    "{url}: {why}": "адрес {url} не годится: {why}",
    # why, in the middle of others
    "a link or a device": "ссылка или устройство",
    "a name twice": "одно имя дважды",
    "a path outside the folder": "путь наружу",
    "an unusable name": "негодное имя",
    "encrypted": "зашифрован",
    "entries that overlap": "файлы в нём перекрываются",
    "it unpacks to too much": "он распаковывается во слишком многое",
    "shorter than declared": "короче, чем обещано",
    "too many files": "слишком много файлов",
    "there is nothing": "там ничего нет",
    "no am/final.mdl": "нет am/final.mdl",
    "not a Kaldi model": "это не модель Kaldi",
    "no decoding graph (HCLG.fst or HCLr.fst)": "нет графа (HCLG.fst или HCLr.fst)",
    "no settings of a Piper voice": "нет настроек голоса",
    "not a Piper voice": "это не голос Piper",
    "not a GGUF file": "это не файл GGUF",
    "not a Vosk folder, a Piper .onnx or a .gguf": "это не папка Vosk, не .onnx для Piper и не .gguf",
    "llama.cpp gave no reason": "llama.cpp не говорит почему",
}

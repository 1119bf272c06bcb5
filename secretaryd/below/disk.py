"""Sentences of `storage`."""

from typing import Final

RUSSIAN: Final[dict[str, str]] = {
    # the data folder and the database
    "another instance (pid {pid}) already uses {data_dir}": "с {data_dir} уже работает другой процесс (номер {pid})",
    "cannot use the data directory {data_dir}: {why}": "папка данных {data_dir} не годится: {why}",
    "cannot delete {path}: {why}": "не удаляется {path}: {why}",
    "cannot read {path}: {why}": "не читается {path}: {why}",
    "cannot remove {path}: {why}": "не удаляется {path}: {why}",
    "cannot tidy {folder}: {why}": "не удаётся прибрать в {folder}: {why}",
    "cannot write {path}: {why}": "не записывается {path}: {why}",
    "database: {why}": "база данных: {why}",
    "no space left for the database": "для базы данных больше нет места",
    "the database's log could not be emptied: somebody reads it": "журнал базы не очищается: его кто-то читает",
    "an old copy of the database stays: {why} ({path})": "старая копия базы осталась: {why} ({path})",
    "migration failed, nothing was changed: {why}": "база не обновилась, ничего не изменено: {why}",
    "migration leaves rows that point nowhere: {broken}": (
        "после обновления в базе остались бы оборванные ссылки: {broken}"
    ),
    "{database} was written by a newer version (it has {names}); install that version again, or restore a backup made "
    "before the update": "базу {database} записала более новая версия (в ней есть {names}); поставьте её снова или "
    "вернитесь к копии, сделанной до обновления",
    "storage url {url!r} is not supported: use sqlite:///file or sqlite:////absolute/file": "адрес базы «{url}» не "
    "годится: нужен sqlite:///файл или sqlite:////полный/путь",
    "storage url {url!r} names no file": "в адресе базы «{url}» нет файла",
    "the storage is closed": "база уже закрыта",
    "{path} lies outside of the data directory": "{path} лежит вне папки данных",
    "audit details of {what} are longer than {most} characters": "подробности для журнала изменений ({what}) длиннее "
    "{most} знаков",
    "audit details of {what} are not JSON: {why}": "подробности для журнала изменений ({what}) не записываются: {why}",
    "{path} is no key of ours: put the right one back": "{path} не наш ключ: верните прежний",
    "the database was damaged ({why})": "база данных была повреждена ({why})",
    "the backup {name} is in its place": "её место заняла копия {name}",
    "it is kept as {name} and a new one was begun": "она сохранена как {name}, и начата новая",
    "restored from {name}": "возврат к копии {name}",
    "{count} calls were found again beside their recordings": "звонков найдено рядом с записями: {count}",
    # calls, messages, people
    "there is no call {number}": "звонка {number} нет",
    "call {number} is over": "звонок {number} уже закончен",
    "call {number} is not over": "звонок {number} ещё не закончен",
    "call {number} is answered already": "на звонок {number} уже ответили",
    "call {number} came from no number that could be called back": "у звонка {number} нет номера, по которому можно "
    "перезвонить",
    "direction {direction!r} is none of {known}": "направления «{direction}» нет; бывают: {known}",
    "outcome {outcome!r} is none of {known}": "исхода «{outcome}» нет; бывают: {known}",
    "there is no dialled call {number}": "исходящего звонка {number} нет",
    "there is no task {number}": "задачи {number} нет",
    "there is no chat {number}": "беседы {number} нет",
    "there are {most} chats": "бесед уже {most}, больше нельзя: удалите ненужные",
    "a chat holds {most} messages": "в беседе уже {most} сообщений, больше нельзя: начните новую",
    "there is no contact {number}": "контакта {number} нет",
    "no removal of a contact {number} is remembered": "удаление контакта {number} уже не вернуть",
    "a call has at most {most} tags": "у звонка бывает не больше {most} меток",
    "a note has at most {most} characters": "заметка не длиннее {most} знаков",
    "a tag has 1 to {most} characters": "в метке от 1 до {most} знаков",
    "there is no message {number}": "сообщения {number} нет",
    "there is no part {number}": "части сообщения {number} нет",
    "message {number} is {state}": "сообщение {number} в состоянии {state}",
    "part {number} is {state}, its message {message}": "часть {number} в состоянии {state}, её сообщение: {message}",
    "there is no user {name}": "пользователя {name} нет",
    "no such invitation": "такого приглашения нет",
    "the name is taken": "это имя занято",
    "there are too many users": "пользователей слишком много",
    "there are users already": "пользователи уже есть",
    "nothing to look for: write at least one word, or a beginning of two letters and *": (
        "искать нечего: напишите хотя бы слово или начало из двух букв со звёздочкой"
    ),
    # recordings
    "call {number} has no recording": "у звонка {number} нет записи",
    "call {number} was not recorded": "звонок {number} не записывался",
    "the recording of call {number} is missing": "запись звонка {number} пропала",
    "the recording of call {number} lies outside of the data directory": (
        "запись звонка {number} лежит вне папки данных"
    ),
    "the recording cannot be read": "запись не читается",
    "recordings cannot be compressed: {why}": "записи не сжимаются: {why}",
    "recordings cannot be read: {why}": "записи не читаются: {why}",
    "{path!r} lies outside of the recordings": "«{path}» лежит вне папки записей",
    "{path} is not a recording of ours": "{path} не наша запись",
    "MP3 needs the program {program}: sudo apt install {program}": (
        "для MP3 нужна программа {program}: sudo apt install {program}"
    ),
    # secrets
    "its key is lost; set the secret anew: secretaryctl secrets set": "его ключ потерян; задайте секрет снова: "
    "secretaryctl secrets set",
    "the secret {name!r} was damaged on the disk; set it anew": "секрет «{name}» повреждён на диске; задайте его снова",
    "there is no secret {name!r}": "секрета «{name}» нет",
    "there is no secret {name!r}: secretaryctl secrets set": "секрета «{name}» нет: secretaryctl secrets set",
    "{path} can be read by others: chmod 600 {path}": "{path} могут читать посторонние: chmod 600 {path}",
    "{path} is damaged: remove it and set the secrets anew": "{path} повреждён: удалите его и задайте секреты снова",
    "a secret holds printable characters only": "в секрете бывают только печатные знаки",
    "a secret is 1 to {most} bytes long": "в секрете от 1 до {most} байт",
    "a secret's name is up to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit": (
        "имя секрета: до 64 знаков a-z, 0-9, «.», «_» и «-», первой идёт буква или цифра"
    ),
    "there are {most} secrets already; remove one": "секретов уже {most}; удалите какой-нибудь",
    # making a backup
    "a backup is one of {known}": "копия бывает такой: {known}",
    "a backup or a restore is under way already": "копирование или восстановление уже идёт",
    "a restore is under way already: start the box again": "восстановление уже начато: запустите коробку снова",
    "cannot delete {name}: {why}": "не удаляется {name}: {why}",
    "cannot read {folder}: {why}": "не читается {folder}: {why}",
    "cannot read {name}: {why}": "не читается {name}: {why}",
    "cannot use {path}: {why}": "{path} не годится: {why}",
    "no such job": "такой работы нет",
    "storage.url is not its default: put the database of the archive there by hand": (
        "storage.url изменён: положите туда базу из копии вручную"
    ),
    "that is no key of a backup; it begins AGE-SECRET-KEY-1": "это не ключ от копии: он начинается с AGE-SECRET-KEY-1",
    "there is no key in it; a line that begins AGE-SECRET-KEY-1 is looked for": (
        "ключа в нём нет: нужна строка, которая начинается с AGE-SECRET-KEY-1"
    ),
    "{text!r} is no public key of a backup; it begins age1": "«{text}» не открытый ключ копии: он начинается с age1",
    "the backup could not be unpacked: {why}": "копия не распаковалась: {why}",
    "the backup was not made: {why} ({path})": "копия не сделана: {why} ({path})",
    "the child that makes and reads backups died (exit {code})": "процесс, который делает и читает копии, оборвался "
    "(код {code})",
    "the database could not be copied: {why}": "база данных не скопировалась: {why}",
    "the database is damaged, no backup was made of it: {found}": "база данных повреждена, копия не сделана: {found}",
    "the member before was not read to its end": "предыдущий файл не дочитан",
    "the restore could not be finished: {why}": "восстановление не закончено: {why}",
    "the restore could not be signed: {why}": "не записалось, кто восстанавливает: {why}",
    "there are more than {most} files to keep: make a backup without recordings": (
        "файлов больше {most}: сделайте копию без записей"
    ),
    "{folder} is not there: is the stick plugged in and mounted?": "папки {folder} нет: вставьте флешку и "
    "подключите её",
    "{path} changed while it was read; try again": "{path} изменился, пока читался; попробуйте ещё раз",
    "{path}: {why}": "{path}: {why}",
    "{folder} has {free} MB free, the backup needs up to {size} MB": "в {folder} свободно {free} МБ, а копии нужно до "
    "{size} МБ",
    "there is no backup {name!r}": "копии «{name}» нет",
    "there is no file {path!r}": "файла «{path}» нет",
    # reading one
    "a header in it cannot be read: {why}": "заголовок в ней не читается: {why}",
    "it ends early": "она обрывается",
    "it is damaged or was cut off ({why})": "она испорчена или обрезана ({why})",
    "it is damaged: {why}": "прочитать её не удаётся: {why}",
    "it wants more memory than a backup may": "ей нужно больше памяти, чем копии положено",
    "its first file is not a manifest": "первым в ней идёт не опись",
    "its manifest has {size} bytes; at most {most} are read": "в описи {size} байт, а читается не больше {most}",
    "something follows after its end": "после её конца что-то есть",
    "something is hidden between its members": "между её файлами что-то спрятано",
    "the database in it cannot be used: {why}": "база данных в ней не годится: {why}",
    "the database in it has more than {most} tables": "в её базе данных больше {most} таблиц",
    "the database in it has triggers or views that are not ours": "в её базе данных чужие триггеры или представления",
    "the database in it is damaged: {rows}": "база данных в ней повреждена: {rows}",
    "the manifest cannot be read: {why}": "опись не читается: {why}",
    "the manifest names a file twice": "файл назван в описи дважды",
    "the manifest names {count} files; at most {most} are taken": "в описи {count} файлов, а берётся не больше {most}",
    "the manifest names {name!r}, which does not belong into a backup": "в описи есть «{name}», чего в копии не бывает",
    "the manifest promises {total} bytes, which is no backup of ours": "в описи {total} байт: таких копий не бывает",
    "the manifest's date is none": "дата в описи не годится",
    "the manifest's sizes or checksums are none": "размеры или контрольные суммы в описи не годятся",
    "the table {table!r} of the database in it is not ours": "таблица «{table}» в её базе данных не наша",
    "the table {table!r} of the database in it wants {column!r} for every row": "таблица «{table}» в её базе данных "
    "требует «{column}» в каждой строке",
    "the table {table!r} of the database in it would keep rows of {target!r} from being deleted": (
        "таблица «{table}» в её базе данных не дала бы удалять строки «{target}»"
    ),
    "there is no database in it": "в ней нет базы данных",
    "this is no backup of a secretary box (format {format!r})": "это не копия секретаря (формат «{format}»)",
    "{name!r} in it has no size": "у «{name}» в ней нет размера",
    "{name!r} in it is no plain file": "«{name}» в ней не простой файл",
    "{name!r} in it is not in its manifest, or is there twice": "«{name}» в описи нет, или он в ней дважды",
    "{name} has {size} bytes, its manifest says {told}": "в {name} {size} байт, а в описи {told}",
    "{name} is missing in it": "{name} в ней нет",
    "{path} is not what its manifest says": "{path} не тот, что в описи",
    "{folder} has {free} MB free, the backup needs {size} MB": "в {folder} свободно {free} МБ, а копии нужно {size} МБ",
    "it is of format {version}, this version of the box reads up to {known}: update the box": (
        "её формат {version}, а эта версия читает до {known}: обновите программу"
    ),
    "it was made by version {box_version!r}, whose database has {names}: update the box first": "её сделала версия "
    "«{box_version}», в базе которой есть {names}: сначала обновите программу",
    "it was sealed to other keys; give the owner's key kit that belongs to it": (
        "она закрыта другими ключами; нужен ключ владельца от неё"
    ),
    "there is no key to open it with; give the owner's key kit": "открыть её нечем; нужен ключ владельца",
}

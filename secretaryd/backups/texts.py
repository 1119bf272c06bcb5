"""What people are told about backups, by the kind of the error. Tables only."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from secretaryd.control.protocol.base import Problem
from secretaryd.reasons import in_language
from storage.backup.errors import BackupError, BadArchive, Busy, NoRoom, TooNew, WrongKey
from storage.errors import NotFound, StorageError

if TYPE_CHECKING:
    from storage.backup.door import ArchiveInfo  # with the database's library

Words = tuple[str, str]  # what is so ({} takes the reason from below), what to do

_LIST: Final = "secretaryctl backup list"
TABLE: Final[dict[type[StorageError], tuple[str, Words, Words]]] = {
    NotFound: ("not_found", ("Найти копию не удалось: {}.", _LIST), ("The backup was not found: {}.", _LIST)),
    Busy: (
        "busy",
        ("Копирование или восстановление уже идёт.", "Дождитесь конца: secretaryctl backup list"),
        ("A backup or a restore is under way.", "Wait for its end: secretaryctl backup list"),
    ),
    NoRoom: (
        "no_room",
        ("Не хватает места: {}.", "Удалите старые копии или записи, или укажите флешку в backup.folder."),
        ("There is not enough room: {}.", "Delete old backups or recordings, or name a stick in backup.folder."),
    ),
    WrongKey: (
        "wrong_key",
        ("Ключ не подходит к этой копии: {}.", "Укажите файл с ключом владельца: --key ФАЙЛ"),
        ("No key opens this backup: {}.", "Give the file with the owner's key kit: --key FILE"),
    ),
    TooNew: (
        "too_new",
        ("Копия сделана более новой версией: {}.", "Сначала обновите программу."),
        ("The backup was made by a newer version: {}.", "Update the box first."),
    ),
    BadArchive: (
        "bad_archive",
        ("Копия повреждена или поддельна: {}.", "Возьмите другую: secretaryctl backup list"),
        ("The backup is damaged or forged: {}.", "Take another one: secretaryctl backup list"),
    ),
    BackupError: (
        "backup",
        ("Не получилось, ничего не изменено: {}.", "secretaryctl status"),
        ("It was not done, nothing was changed: {}.", "secretaryctl status"),
    ),
    StorageError: (
        "storage",
        ("Не получилось, ничего не изменено: {}.", "secretaryctl status"),
        ("It was not done, nothing was changed: {}.", "secretaryctl status"),
    ),
}
KIT_THERE: Final = {
    "ru": Problem(
        code="kit_there",
        text="Ключ владельца уже есть; старые копии открывает только он.",
        remedy="Сделать новый: secretaryctl backup key --replace",
    ),
    "en": Problem(
        code="kit_there",
        text="There is a key kit already; it alone opens the backups made until now.",
        remedy="Make a new one: secretaryctl backup key --replace",
    ),
}


def problem(error: StorageError, language: str) -> Problem:
    """What to tell in that language."""
    kind = next(kind for kind in type(error).__mro__ if kind in TABLE)
    code, ru, en = TABLE[kind]
    text, remedy = en if language == "en" else ru
    return Problem(code=code, text=text.format(in_language(error, language)), remedy=remedy)


def listed(one: "ArchiveInfo", language: str) -> dict[str, Any]:
    """An archive of the list, `trouble` in that language."""
    return {**asdict(one), "trouble": in_language(one.trouble, language) if one.trouble is not None else ""}

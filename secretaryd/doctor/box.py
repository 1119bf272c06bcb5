"""Checks of configuration, data folder, database, disk, models and backups. PURE."""

from typing import Final

from secretaryd.doctor.check import Check, Chmod, Level, Outcome, Remove, Skipped, Well, Words, Wrong
from secretaryd.doctor.facts import Facts

GIB: Final = 1 << 30
DISK_LOW: Final = 1 * GIB
"""A call of ten minutes is 19 MB; below this the owner has a day or two."""
DISK_OUT: Final = 200 << 20
INODES_LOW: Final = 0.05
LEFTOVERS: Final = 50 << 20
BACKUP_DAYS: Final = 14
DAY: Final = 86_400.0
PRIVATE_DIR: Final = 0o700
PRIVATE_FILE: Final = 0o600
OTHERS: Final = 0o007
GROUP_AND_OTHERS: Final = 0o077
SHOWN: Final = 3


def _gib(count: int) -> str:
    return f"{count / GIB:.1f} GB"


def config_valid(facts: Facts) -> Outcome:
    """Every key known, every value allowed."""
    return Wrong("; ".join(facts.config.errors)) if facts.config.errors else Well(str(facts.config.file))


def config_readable(facts: Facts) -> Outcome:
    """The engines and the page read it as users of their own."""
    mode = facts.config.file_mode
    if mode is None:
        return Skipped("not configured")
    if facts.machine.systemd and not mode & 0o004:
        return Wrong(f"{facts.config.file}: {mode:04o}", (Chmod(facts.config.file, mode | 0o044),))
    return Well()


def config_in_force(facts: Facts) -> Outcome:
    """The running box uses the owner's file, not a stand-in."""
    if facts.live is None:
        return Skipped("box is away")
    return Wrong() if "config.fallback" in facts.live.alerts else Well()


def secrets_private(facts: Facts) -> Outcome:
    """PIN and API keys are nobody else's business."""
    if not facts.config.secret_files:
        return Skipped("not configured")
    missing = [f"{key}: {path}" for key, path, mode in facts.config.secret_files if mode is None]
    if missing:
        return Wrong("; ".join(missing))
    loose = [(path, mode) for _, path, mode in facts.config.secret_files if mode and mode & GROUP_AND_OTHERS]
    if loose:
        details = "; ".join(f"{path}: {mode:04o}" for path, mode in loose)
        return Wrong(details, tuple(Chmod(path, PRIVATE_FILE) for path, _ in loose))
    return Well()


def data_folder(facts: Facts) -> Outcome:
    """It is there, and closed to others."""
    data = facts.data
    if not data.exists:
        return Wrong(str(data.folder))
    if data.mode & GROUP_AND_OTHERS:
        return Wrong(f"{data.folder}: {data.mode:04o}", (Chmod(data.folder, PRIVATE_DIR),), Level.WARNING)
    return Well(str(data.folder))


def data_private(facts: Facts) -> Outcome:
    """Recordings, transcripts and the database are readable by their owner only."""
    if (skip := _unseen(facts)) is not None:
        return skip
    loose = facts.data.loose
    if not loose:
        return Well()
    named = ", ".join(f"{entry.path.name} ({entry.mode:04o})" for entry in loose[:SHOWN])
    more = f" +{len(loose) - SHOWN}" if len(loose) > SHOWN else ""
    return Wrong(named + more, tuple(Chmod(entry.path, entry.mode & ~OTHERS) for entry in loose))


def _unseen(facts: Facts) -> Skipped | None:
    if not facts.data.exists:
        return Skipped("see above")
    return None if facts.data.readable else Skipped("not allowed")


def disk_writable(facts: Facts) -> Outcome:
    """A worn-out card turns read-only."""
    if not facts.data.exists:
        return Skipped("see above")
    return Wrong(str(facts.data.folder)) if facts.data.read_only else Well()


def disk_space(facts: Facts) -> Outcome:
    """Room for calls to come."""
    free, total = facts.data.free_bytes, facts.data.total_bytes
    if not total:
        return Skipped("not told")
    shown = f"{_gib(free)} / {_gib(total)}"
    if free < DISK_OUT:
        return Wrong(shown, level=Level.ERROR)
    return Wrong(shown) if free < DISK_LOW else Well(shown)


def disk_inodes(facts: Facts) -> Outcome:
    """Many small files can fill a card that has room."""
    if facts.data.total_inodes <= 0:
        return Skipped("not told")
    left = facts.data.free_inodes / facts.data.total_inodes
    return Wrong(f"{left:.0%}") if left < INODES_LOW else Well(f"{left:.0%}")


def disk_leftovers(facts: Facts) -> Outcome:
    """Broken-off downloads."""
    if (skip := _unseen(facts)) is not None:
        return skip
    total = sum(size for _, size in facts.data.leftovers)
    if total < LEFTOVERS:
        return Well()
    return Wrong(f"{total >> 20} MB", tuple(Remove(path) for path, _ in facts.data.leftovers))


def database_sound(facts: Facts) -> Outcome:
    """SQLite's own quick check."""
    if (skip := _unseen(facts)) is not None:
        return skip
    if facts.data.database is None:
        return Skipped("not configured")
    return Wrong(facts.data.database) if facts.data.database else Well()


def database_set_aside(facts: Facts) -> Outcome:
    """A damaged database that was replaced still waits for its rescue."""
    if (skip := _unseen(facts)) is not None:
        return skip
    return Wrong(", ".join(facts.data.set_aside[:SHOWN])) if facts.data.set_aside else Well()


def backup_age(facts: Facts) -> Outcome:
    """A card dies without warning."""
    if (skip := _unseen(facts)) is not None:
        return skip
    if facts.data.newest_backup is None:
        return Wrong() if facts.data.calls_kept else Skipped("not configured")
    days = (facts.machine.now - facts.data.newest_backup) / DAY
    return Wrong(f"{days:.0f} d") if days > BACKUP_DAYS else Well(f"{max(0.0, days):.0f} d")


E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
CHECKS: Final = (
    Check(
        "config.valid",
        E,
        config_valid,
        Words("Настройки", "Configuration"),
        Words(
            "В настройках ошибка; под systemd работает последний верный файл.",
            "The configuration has errors; under systemd the last good file is in force.",
        ),
        Words(
            "Исправьте файл и проверьте: secretaryctl config check", "Mend the file, then: secretaryctl config check"
        ),
    ),
    Check(
        "config.readable",
        E,
        config_readable,
        Words("Доступ к настройкам", "Access to the configuration"),
        Words(
            "Службы с собственными пользователями не могут прочитать файл настроек.",
            "The services, which are users of their own, cannot read the configuration.",
        ),
        Words("chmod 644 этому файлу (секретов в нём нет)", "chmod 644 that file (it holds no secrets)"),
    ),
    Check(
        "config.in_force",
        E,
        config_in_force,
        Words("Действующие настройки", "Configuration in force"),
        Words(
            "Файл настроек был с ошибкой при запуске; работает последний верный.",
            "The file had errors at the start; the last good one is in force.",
        ),
        Words(
            "secretaryctl config check, затем sudo systemctl restart secretary.target",
            "secretaryctl config check, then sudo systemctl restart secretary.target",
        ),
    ),
    Check(
        "secrets.private",
        E,
        secrets_private,
        Words("Файлы PIN и ключей", "Files of PIN and keys"),
        Words("Файла нет, или его могут прочитать другие.", "The file is missing, or others may read it."),
        Words("Создайте его с правами 0600: chmod 600 ФАЙЛ", "Make it with mode 0600: chmod 600 FILE"),
    ),
    Check(
        "data.folder",
        E,
        data_folder,
        Words("Папка данных", "Data folder"),
        Words("Папки нет, или она открыта другим пользователям.", "It is missing, or open to other users."),
        Words(
            "Запустите службу: она создаст её; права должны быть 0700",
            "Start the box, which makes it; its mode must be 0700",
        ),
    ),
    Check(
        "data.private",
        W,
        data_private,
        Words("Закрытость данных", "Privacy of the data"),
        Words("Записи или база доступны другим пользователям.", "Recordings or the database can be read by others."),
        Words("sudo secretaryctl doctor --fix", "sudo secretaryctl doctor --fix"),
    ),
    Check(
        "disk.writable",
        E,
        disk_writable,
        Words("Запись на диск", "Writing to the disk"),
        Words(
            "Диск доступен только для чтения: карта, скорее всего, изношена.",
            "The disk is read-only: the card is probably worn out.",
        ),
        Words(
            "Сделайте копию и замените карту; подробности: dmesg", "Copy what is there and replace the card; see dmesg"
        ),
    ),
    Check(
        "disk.space",
        W,
        disk_space,
        Words("Место на диске", "Disk space"),
        Words("Мало места: скоро разговоры не будут записываться.", "Little room: soon calls will not be recorded."),
        Words(
            "Удалите старые записи и лишние модели (secretaryctl models list) или поставьте карту побольше",
            "Delete old recordings and unused models (secretaryctl models list), or use a larger card",
        ),
    ),
    Check(
        "disk.inodes",
        W,
        disk_inodes,
        Words("Число файлов", "Number of files"),
        Words("Диск почти исчерпал число файлов.", "The disk can hold hardly any more files."),
        Words(
            "Найдите папку с множеством файлов: sudo du --inodes -x / | sort -n | tail",
            "Find the folder with too many: sudo du --inodes -x / | sort -n | tail",
        ),
    ),
    Check(
        "disk.leftovers",
        N,
        disk_leftovers,
        Words("Недокачанные модели", "Unfinished downloads"),
        Words("Остались части моделей, которые не докачаны.", "Parts of models were left by downloads that broke off."),
        Words(
            "Докачайте (secretaryctl models install) или удалите: secretaryctl doctor --fix",
            "Go on with them (secretaryctl models install) or delete them: secretaryctl doctor --fix",
        ),
    ),
    Check(
        "database.sound",
        E,
        database_sound,
        Words("База данных", "Database"),
        Words("База повреждена.", "The database is damaged."),
        Words(
            "Перезапустите службу: она отложит её и возьмёт последнюю целую копию",
            "Restart the box: it sets it aside and takes the newest good backup",
        ),
    ),
    Check(
        "database.set_aside",
        W,
        database_set_aside,
        Words("Отложенные базы", "Databases set aside"),
        Words(
            "Когда-то база была повреждена; старый файл сохранён.", "A database was damaged once; the old file is kept."
        ),
        Words(
            "Восстановите из копии или спасите данные (sqlite3 .recover), потом удалите файл",
            "Restore from a backup or rescue it (sqlite3 .recover), then delete the file",
        ),
    ),
    Check(
        "backup.age",
        W,
        backup_age,
        Words("Резервная копия", "Backup"),
        Words(
            "Копии нет или она старая: карта памяти может отказать в любой день.",
            "There is none, or it is old: a memory card may fail any day.",
        ),
        Words("Сделайте копию: secretaryctl backup create", "Make one: secretaryctl backup create"),
    ),
)

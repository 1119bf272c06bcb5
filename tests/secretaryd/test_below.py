"""What the packages below raise is told in the reader's language: every sentence has its Russian, and whole messages of
the box hold no English."""

import ast
import errno
import re
import sqlite3
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hw.errors import CommandRefused, ModemError
from secretaryd.backups.texts import problem
from secretaryd.below import disk, metal, sound
from secretaryd.below.system import FOREIGN, WORDINGS
from secretaryd.below.words import RUSSIAN, english, russian
from secretaryd.notices import alert
from secretaryd.reasons import Reason, Several, in_language, sentence_in
from storage.backup.errors import BackupError, BadArchive, NoRoom, TooNew, WrongKey
from storage.backup.errors import Busy as BackupBusy
from storage.errors import DatabaseDamaged, DiskFull, NotFound, StorageError, reason_of
from voice.errors import ModelFileError, SpeechUnavailable
from voice.models.errors import ChecksumMismatch, DownloadError, ModelInUse, NotEnoughRoom

ROOT = Path(__file__).parents[2]
TOLD_BY = ("storage", "voice/models", "voice/speech/client.py", "voice/speech/listening.py", "voice/speech/second*.py")
"""Whose errors the owner is told of. The others' (frames, PDUs, unreadable answers) are for the log."""
ERRORS = [
    "StorageError",
    "AlreadyRunning",
    "DiskFull",
    "SchemaTooNew",
    "DatabaseDamaged",
    "NotFound",
    "WrongState",
    "BadMark",
    "NoEncoder",
    "NothingToFind",
    "SecretError",
    "BadSecret",
    "BackupError",
    "BadArchive",
    "Busy",
    "NoRoom",
    "TooNew",
    "WrongKey",
    "ModelFileError",
    "DownloadError",
    "ChecksumMismatch",
    "NotEnoughRoom",
    "ModelInUse",
    "SpeechUnavailable",
    "SecondGone",
    "SecondTaken",
]
COMPOSED = {"{} within {} s"}
"""A complaint, and for how long: each complaint stands in the table with it."""
OWN_WORDS = frozenset(
    [
        "PIN",
        "PUK",
        "SIM",
        "AT",
        "MP3",
        "JSON",
        "USB",
        "GGUF",
        "Vosk",
        "Piper",
        "Kaldi",
        "HTTP",
        "SQLite",
        "secretaryctl",
        "models",
        "install",
        "use",
        "secrets",
        "set",
        "sudo",
        "apt",
        "chmod",
        "force",
        "onnx",
        "gguf",
        "zip",
        "llama",
        "cpp",
        "am",
        "final",
        "mdl",
        "HCLG",
        "fst",
        "HCLr",
        "AGE",
        "SECRET",
        "KEY",
        "age1",
        "sqlite",
        "lame",
        "sim_pin_file",
        "sim_pin_secret",
        "storage",
        "url",
        "ttyUSB",
        "plughw",
        "pyalsaaudio",
        "gpiozero",
    ]
)
"""Latin in Russian sentences: names of things, commands to type, units."""


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def latin(text: str) -> set[str]:
    """English words of a Russian sentence: what stands in no quotes, path, value, or name of a thing."""
    bare = re.sub(r"«[^»]*»|\{\w+\}|\S*[/@]\S*|--\w+|\b[\w-]+\.[\w.-]+", " ", text)
    return set(re.findall(r"[A-Za-z]{2,}\w*", bare)) - OWN_WORDS


@cache
def raised() -> dict[str, str]:
    """Sentence -> file, of the errors that people are told of; values that were put in early have no names."""
    found = {}
    for path in (file for place in TOLD_BY for file in _files(place)):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ERRORS and call.args:
                for sentence in _sentences(call.args[0]):
                    found[sentence] = path.relative_to(ROOT).as_posix()
    return found


def _files(place: str) -> Iterator[Path]:
    given = ROOT / place
    yield from given.rglob("*.py") if given.is_dir() else ROOT.glob(place)


def _sentences(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in argument.values)


def shape(sentence: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", sentence)


@pytest.mark.parametrize("sentence", sorted(raised()))
def test_what_is_raised_below_has_its_russian(sentence: str) -> None:
    known = {shape(each) for each in RUSSIAN}
    assert sentence in RUSSIAN or shape(sentence) in known or sentence in COMPOSED, raised()[sentence]


def test_storage_and_models_raise_sentences_with_their_values_apart() -> None:
    early = [s for s, file in raised().items() if "{}" in s and file.startswith(("storage/", "voice/models/"))]
    assert not early


@pytest.mark.parametrize("table", [disk.RUSSIAN, sound.RUSSIAN, metal.RUSSIAN])
def test_a_sentence_has_the_same_values_in_both_languages_and_no_english_in_russian(table: dict[str, str]) -> None:
    for sentence, words in table.items():
        assert blanks(words) <= blanks(sentence), sentence
        assert "why" not in blanks(sentence) or "why" in blanks(words), sentence
        assert latin(words) == set(), words


@cache
def written() -> str:
    places = [path for room in ("storage", "voice", "hw", "secretaryd") for path in (ROOT / room).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in places if path.parent.name != "below")


def test_no_sentence_is_left_that_nobody_says() -> None:
    said = re.sub(r"\{[^{}]*\}", "{}", re.sub(r'"\s*\n\s*f?"', "", written()))
    gone = [each for each in RUSSIAN if shape(each).replace("\\", "") not in said and not _made_of_parts(each, said)]
    assert gone == []


def _made_of_parts(sentence: str, said: str) -> bool:
    """A complaint and how long it lasts are put together where they are raised."""
    return all(part.strip() in said for part in re.split(r"\{\}| within ", shape(sentence)) if part.strip())


@pytest.mark.parametrize("text", [*FOREIGN.values(), *(words for _, words in WORDINGS)])
def test_the_system_s_words_are_russian(text: str) -> None:
    assert latin(text) == set()


WHOLE: list[tuple[Exception, str]] = [
    (
        BadArchive("{name} is missing in it", name="secretary.db"),
        "Копия повреждена или поддельна: secretary.db в ней нет.",
    ),
    (
        BadArchive("it is damaged: {why}", why="Error -3 while decompressing data: invalid block type"),
        "Копия повреждена или поддельна: прочитать её не удаётся: сжатые данные испорчены.",
    ),
    (
        BackupError("the backup was not made: {why} ({path})", why="No space left on device", path="/x/y"),
        "Не получилось, ничего не изменено: копия не сделана: на диске нет места (/x/y).",
    ),
    (
        NoRoom("{folder} has {free} MB free, the backup needs up to {size} MB", folder="/media/a", free=1, size=9),
        "Не хватает места: в /media/a свободно 1 МБ, а копии нужно до 9 МБ.",
    ),
    (
        WrongKey("there is no key to open it with; give the owner's key kit"),
        "Ключ не подходит к этой копии: открыть её нечем; нужен ключ владельца.",
    ),
    (
        NotFound("there is no backup {name!r}", name="a.age"),
        "Найти копию не удалось: копии «a.age» нет.",
    ),
    (
        DatabaseDamaged("database: {why}", why="database disk image is malformed"),
        "Не получилось, ничего не изменено: база данных: файл повреждён.",
    ),
    (BackupBusy("a backup or a restore is under way already"), "Копирование или восстановление уже идёт."),
    (
        DiskFull("no space left for the database"),
        "Не получилось, ничего не изменено: для базы данных больше нет места.",
    ),
]


@pytest.mark.parametrize(("error", "told"), WHOLE)
def test_a_backup_s_failure_is_one_sentence_of_the_reader_s_language(error: StorageError, told: str) -> None:
    assert problem(error, "ru").text == told
    assert latin(told) == set()
    assert not re.search(r"[а-я]", problem(error, "en").text)
    assert str(error) in problem(error, "en").text or isinstance(error, BackupBusy)


MODELS: list[tuple[Exception, str]] = [
    (NotEnoughRoom("the disk is full; kept so far"), "Диск заполнился; загруженное сохранено."),
    (ModelFileError("no models at {source}", source="/media/x"), "В /media/x нет моделей."),
    (ChecksumMismatch("{name}: its checksum does not fit", name="a.gguf"), "Контрольная сумма a.gguf не сходится."),
    (
        DownloadError(
            "could not download {url}: {why}; run it again to go on from there",
            url="https://a.example/m",
            why="[Errno -3] Temporary failure in name resolution",
        ),
        "Не удалось скачать https://a.example/m: адрес не находится (интернета нет?); запустите ещё раз, загрузка "
        "продолжится с того же места.",
    ),
    (
        ModelInUse("model {name!r} is in use; switch to another one first: secretaryctl models use …", name="qwen"),
        "Модель «qwen» сейчас выбрана; сначала выберите другую: secretaryctl models use …",
    ),
    (
        ModelFileError("no model {name!r}; did you mean: {known}?", name="qwe", known="qwen"),
        "Модели «qwe» нет; может быть, qwen?",
    ),
    (ModelFileError("{path}: {why}", path="/m/a.gguf", why="not a GGUF file"), "/m/a.gguf: это не файл GGUF."),
]


@pytest.mark.parametrize(("error", "told"), MODELS)
def test_what_is_wrong_with_models_is_one_sentence(error: ModelFileError, told: str) -> None:
    assert sentence_in(error, "ru") == told
    # Another process wrote it down as text.
    assert sentence_in(str(error), "ru") == told or error.sentence == "{path}: {why}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the speech process is away: [Errno 111] Connection refused", "речевого процесса нет: там никто не отвечает"),
        ("the voice does not speak within 2.0 s", "голос молчит уже 2.0 с"),
        ("local: ConnectError: All connection attempts failed", "local: соединиться не удаётся"),
        ("a: the model is loading; b: HTTP 503", "a: модель загружается; b: сервер ответил 503"),
        ("no modem: port_lost", "модема нет: он пропал"),
        ("the clock cannot be set: Permission denied", "часы не ставятся: нет прав"),
        (
            "[Errno 2] could not open port /dev/ttyUSB2: [Errno 2] No such file or directory: '/dev/ttyUSB2'",
            "порт /dev/ttyUSB2 не открывается: такого файла нет",
        ),
        (
            "the database was damaged (database disk image is malformed); the backup n.age is in its place; 3 calls "
            "were found again beside their recordings",
            "база данных была повреждена (файл повреждён); её место заняла копия n.age; звонков найдено рядом с "
            "записями: 3",
        ),
        ("something that no table has", "something that no table has"),
        ("уже по-русски: No space left on device", "уже по-русски: No space left on device"),
        ("", ""),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_a_text_of_another_process_is_known_again(text: str, told: str) -> None:
    assert russian(text) == told
    assert english(text) == text


def test_an_unknown_reason_is_quoted_within_a_sentence() -> None:
    error = StorageError("recordings cannot be read: {why}", why="flux capacitor")
    assert in_language(error, "ru") == "записи не читаются: «flux capacitor»"
    assert in_language(error, "en") == "recordings cannot be read: flux capacitor"


def test_the_system_s_error_is_told_without_its_number() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/data/x")
    assert in_language(error, "ru") == "на диске нет места (/data/x)"
    assert in_language(error, "en") == "No space left on device (/data/x)"
    assert reason_of(error) == "No space left on device"
    assert reason_of(sqlite3.OperationalError("database is locked")) == "database is locked"


def test_values_are_put_in_as_they_are() -> None:
    hostile = NotFound("there is no backup {name!r}", name="{name.__class__}")
    assert in_language(hostile, "ru") == "копии «{name.__class__}» нет"
    assert in_language(ModemError("{0.__class__}"), "ru") == "{0.__class__}"
    assert in_language(CommandRefused("AT+CMGS", "+CMS ERROR: 38"), "ru") == "на AT+CMGS модем ответил +CMS ERROR: 38"


def test_a_value_that_looks_like_a_sentence_stays_a_value() -> None:
    error = NotFound("there is no user {name}", name="the line is busy")
    assert in_language(error, "ru") == "пользователя the line is busy нет"


def test_an_alert_has_its_detail_in_each_language() -> None:
    told = alert("backup.failed", "ru", str(WHOLE[2][0])).words()
    assert told["ru"][0].endswith("(копия не сделана: на диске нет места (/x/y)).")
    assert told["en"][0].endswith("(the backup was not made: No space left on device (/x/y)).")


def test_several_reasons_are_told_in_a_row() -> None:
    several = Several([Reason("range", low=1, high=2).at("a"), "b: must be known"])
    assert several == "a: must be 1 to 2; b: must be known"
    assert in_language(several, "ru") == "a: от 1 до 2; b: must be known"


def test_a_newer_database_is_told_without_english() -> None:
    error = TooNew(
        "it was made by version {box_version!r}, whose database has {names}: update the box first",
        box_version="0.9",
        names="0042_more",
    )
    assert latin(problem(error, "ru").text.replace("0042_more", "")) == set()


def test_speech_that_is_away_is_told_in_russian() -> None:
    error = SpeechUnavailable("the speech process takes no orders")
    assert in_language(error, "ru") == "речевой процесс не принимает заданий"

"""Why a setting, a persona, a question or a file is not taken: a code with values, worded in the language of who reads.
A `Reason` is its own English sentence, so that logs, errors and the command line need not know of it. What the packages
below raise is worded by their tables (`secretaryd.below`). PURE."""

from collections.abc import Iterable
from typing import Final

from secretaryd.below.words import english, russian

Words = tuple[str, str]  # English, Russian
TABLE: Final[dict[str, Words]] = {
    "range": ("must be {low} to {high}", "от {low} до {high}"),
    "none_to": ("must be 0 (none) to {high}", "0 (нет) или до {high}"),
    "ever_to": ("must be 0 (for ever) to {high}", "0 (всегда) или до {high}"),
    "letters": ("must be {low} to {high} characters", "от {low} до {high} знаков"),
    "at_most": ("must be at most {n} characters", "не больше {n} знаков"),
    "either": ("must be {known}", "одно из: {known}"),
    "or_path": ('must be "starter", a catalogue name or a path', "«starter», имя из каталога или путь"),
    "auto_path": ('must be "auto" or a path', "«auto» или путь"),
    "zone": ('must be an IANA name such as "Europe/Moscow"', "имя часового пояса, например «Europe/Moscow»"),
    "alsa_only": ('may be empty only with audio = "alsa"', "пустым бывает только при audio = «alsa»"),
    "purge": ("must be at least keep.warn_percent, at most 99", "не меньше keep.warn_percent и не больше 99"),
    "pace": (
        'must be empty or "PREFILL/DECODE" tokens per second',
        "пусто или «ЧТЕНИЕ/ОТВЕТ» в токенах в секунду, например «120/8»",
    ),
    "node": (
        "every node needs a name and an http:// or https:// url",
        "у каждого узла нужны имя и адрес http:// или https://",
    ),
    "node_key": (
        "a node's key is in a file or in a secret, not in both",
        "ключ узла лежит в файле или в секрете, а не там и там",
    ),
    "dial_allow": (
        'must hold numbers such as "+78001234567", "900" or "+375*", and no emergency number',
        "номера вида «+78001234567», «900» или «+375*», и не экстренные",
    ),
    "hours": (
        'must be two times of the day, such as "09:00-20:00"',
        "два времени суток, например «09:00-20:00»",
    ),
    "quiet": (
        'must be empty or two times of the day, such as "22:00-08:00"',
        "пусто или два времени суток, например «22:00-08:00»",
    ),
    "own_number": (
        'must be empty or a whole number such as "+79161234567"',
        "пусто или целый номер, например «+79161234567»",
    ),
    "pin_twice": (
        "must be empty where modem.sim_pin_file is set",
        "пусто, если задан modem.sim_pin_file",
    ),
    "ussd": ('must be empty or a USSD code such as "*100#"', "пусто или USSD-код, например «*100#»"),
    "button": (
        "must be 0 (none) to 27, and no line that something else has",
        "0 (нет) или до 27, и линия не занята ничем другим",
    ),
    "speaker": ("needs board.speaker", "нужен board.speaker"),
    "sms_numbers": (
        'owner and commands must hold mobile numbers such as "+79161234567", allow also "900" or "+375*"',
        "в owner и commands мобильные номера вида «+79161234567», в allow ещё «900» или «+375*»",
    ),
    "sms_texts": (
        "its texts have at most 400 characters, and in braces only {{company}}, {{name}}, {{number}}",
        "тексты не длиннее 400 знаков, в фигурных скобках только {{company}}, {{name}}, {{number}}",
    ),
    "place": ('must be "HOST:PORT"', "«АДРЕС:ПОРТ»"),
    "tls_pair": ("certificate and key go together", "сертификат и ключ задаются вместе"),
    "redirect": (
        'must be empty or another "HOST:PORT" than web.listen, and needs web.tls',
        "пусто или другой «АДРЕС:ПОРТ», чем web.listen; нужен web.tls",
    ),
    "host_names": (
        'must hold names in lower case such as "secretary.lan"',
        "имена строчными буквами, например «secretary.lan»",
    ),
    "whole_path": ("must be a whole path", "нужен полный путь"),
    "sqlite": ('must begin "sqlite:///"', "начинается с «sqlite:///»"),
    "time": ('must be "HH:MM"', "время вида «ЧЧ:ММ»"),
    "no_file": ("no such file", "такого файла нет"),
    "no_read": ("{why}", "не читается: {why}"),
    "unknown_near": ("unknown key, did you mean {near!r}?", "такого ключа нет; похоже на «{near}»"),
    "unknown_known": ("unknown key (known: {known})", "такого ключа нет (бывают: {known})"),
    "table": ("must be a table [{name}]", "нужна таблица [{name}]"),
    "list": ("must be a list, is {shown}", "нужен список, а не {shown}"),
    "kind_bool": ("must be true or false, is {shown}", "нужно true или false, а не {shown}"),
    "kind_int": ("must be a whole number, is {shown}", "нужно целое число, а не {shown}"),
    "kind_str": ("must be a string, is {shown}", "нужна строка, а не {shown}"),
    "kind_path": ("must be a path in quotes, is {shown}", "нужен путь в кавычках, а не {shown}"),
    "fixed": (
        "is read before settings.toml; set it in the TOML file or the environment",
        "читается раньше settings.toml: задайте в основном файле или в окружении",
    ),
    "bool": ("must be true or false, is {shown}", "да или нет (true, false), а не {shown}"),
    "whole": ("must be a whole number, is {shown}", "целое число, а не {shown}"),
    "json_list": ("must be a list in JSON: {why}", "нужен список JSON: {why}"),
    "no_value": ("a setting cannot hold that value", "такого значения у настройки быть не может"),
    "not_set": ("is not set in {file}", "в {file} не задано"),
    "own_persona": (
        "this box has a persona of its own; secretaryctl persona set {name} …",
        "у этой коробки своя персона: меняйте в ней (secretaryctl persona set {name} …)",
    ),
    "there": ("{id!r} is there already", "«{id}» уже есть"),
    "long_text": ("longer than {n} characters", "длиннее {n} знаков"),
    "unknown_of": ("unknown; known: {known}", "неизвестно; бывает: {known}"),
    "unknown_key_of": ("unknown key; known: {known}", "такого ключа нет; бывают: {known}"),
    "unknown_word": ("{word!r} is unknown; known: {known}", "«{word}» неизвестно; бывает: {known}"),
    "twice": ("{word!r} stands twice", "«{word}» стоит дважды"),
    "needed": ("a text is needed", "нужен текст"),
    "text": ("must be a text", "нужен текст"),
    "texts": ("must be a list of texts", "нужен список текстов"),
    "written_as": ("must be written as [[{key}]]", "записывается как [[{key}]]"),
    "more_than": ("more than {n}", "больше {n}"),
    "wording": ("at least one wording is needed", "нужна хотя бы одна формулировка"),
    "no_part": ("has no [{language}] part", "нет части [{language}]"),
    "not_toml": ("is not TOML: {why}", "это не TOML: {why}"),
    "unread": ("cannot be read: {why}", "не читается: {why}"),
    "plain_table": ("must be a table", "нужна таблица"),
    "ids": ("must be a list of ids", "нужен список имён вопросов"),
    "brace": ("a brace without its pair", "скобка без пары"),
    "field": ("unknown field {{{field}}}; known: {known}", "поля {{{field}}} нет; бывают: {known}"),
    "not_in_greeting": ("{{{field}}} cannot stand in a greeting", "{{{field}}} в приветствии не бывает"),
    "not_in_it": ("{{{field}}} cannot stand in it", "{{{field}}} здесь не бывает"),
    "large": ("the file is larger than {mb} MB", "файл больше {mb} МБ"),
    "no_entry": ("there is no entry in it", "в файле нет ни одного вопроса"),
    "encoding": ("the text is neither UTF-8 nor Windows-1251", "текст не в UTF-8 и не в Windows-1251"),
    "not_json": ("not JSON: {why}", "это не JSON: {why}"),
    "json_entries": (
        "must be a list of {{id, variants, answer, action}}",
        "нужен список из {{id, variants, answer, action}}",
    ),
    "not_csv": ("not CSV: {why}", "это не CSV: {why}"),
    "columns": (
        "the first row must name the columns {columns}; missing: {missing}",
        "в первой строке должны быть названия столбцов {columns}; нет: {missing}",
    ),
    "cards": ("more than {n} contacts in one file", "в одном файле больше {n} контактов"),
    "empty_file": ("the file is empty", "файл пуст"),
    "name_column": (
        "the first row has to name the columns: {columns} (name is needed)",
        "в первой строке должны быть названия столбцов: {columns} (name обязателен)",
    ),
    "cut_card": (
        "the last card has no END:VCARD: the file is cut off",
        "у последней карточки нет END:VCARD: файл обрезан",
    ),
    "variants": ("variants must be texts", "variants: нужны тексты"),
    "be_text": ("{key} must be a text", "{key}: нужен текст"),
    "program": (
        '"{value}" needs the program {program}, which is not installed: sudo apt install {program}',
        "для «{value}» нужна программа {program}, а её нет: sudo apt install {program}",
    ),
}
"""What is not a sentence ends without a stop: it stands behind its place, in a list."""


class Reason(str):
    """`Reason("range", low=1, high=10)`; `at("call.max_seconds")` names the place that it is about."""

    code: str
    values: dict[str, object]
    place: str

    def __new__(cls, code: str, *, place: str = "", **values: object) -> "Reason":
        """Raises KeyError for a code that has no words."""
        made = super().__new__(cls, place + TABLE[code][0].format(**values))
        made.code, made.values, made.place = code, values, place
        return made

    def at(self, place: str) -> "Reason":
        """The same, with a place before those that are named already."""
        return Reason(self.code, place=f"{place}: {self.place}", **self.values)

    def in_language(self, language: str) -> str:
        """The words."""
        return self.place + TABLE[self.code][language == "ru"].format(**self.values)


class Several(str):
    """Reasons that are told at once."""

    reasons: tuple[str, ...]

    def __new__(cls, reasons: Iterable[str]) -> "Several":
        """In English, like each of them."""
        each = tuple(reasons)
        made = super().__new__(cls, "; ".join(each))
        made.reasons = each
        return made


def in_language(reason: str | BaseException, language: str) -> str:
    """The words of a reason or an error, to stand in a sentence; what nobody worded is told as it is."""
    if isinstance(reason, Several):
        return "; ".join(in_language(one, language) for one in reason.reasons)
    if isinstance(reason, Reason):
        return reason.in_language(language)
    return russian(reason) if language == "ru" else english(reason)


def sentence_in(reason: str | BaseException, language: str) -> str:
    """The same as a sentence of its own."""
    words = in_language(reason, language)
    named = getattr(reason, "sentence", "").startswith("{") and not ("а" <= words[:1] <= "я")
    whole = words if named else words[:1].upper() + words[1:]
    return whole if whole.endswith((".", "!", "?", "…")) or not whole else f"{whole}."

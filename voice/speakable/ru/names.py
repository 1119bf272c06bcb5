"""Addresses, abbreviations, letters, e-mail and web addresses."""

import re
from collections.abc import Callable
from typing import Final

from voice.speakable.ru.context import kept_dot, word_before
from voice.speakable.ru.grammar import PREPOSITION_CASE, Grammar

LETTERS: Final = {
    "а": "а", "б": "бэ", "в": "вэ", "г": "гэ", "д": "дэ", "е": "е", "ё": "ё", "ж": "жэ", "з": "зэ", "и": "и",
    "й": "и краткое",
    "к": "ка", "л": "эль", "м": "эм", "н": "эн", "о": "о", "п": "пэ", "р": "эр", "с": "эс", "т": "тэ", "у": "у",
    "ф": "эф",
    "х": "ха", "ц": "цэ", "ч": "че", "ш": "ша", "щ": "ща", "ъ": "твёрдый знак", "ы": "ы", "ь": "мягкий знак",
    "э": "э",
    "ю": "ю", "я": "я",
}  # fmt: skip
LATIN_LETTERS: Final = {
    "a": "эй", "b": "би", "c": "си", "d": "ди", "e": "и", "f": "эф", "g": "джи", "h": "эйч", "i": "ай", "j": "джей",
    "k": "кей", "l": "эл", "m": "эм", "n": "эн", "o": "оу", "p": "пи", "q": "кью", "r": "ар", "s": "эс", "t": "ти",
    "u": "ю", "v": "ви", "w": "дабл ю", "x": "икс", "y": "уай", "z": "зед",
}  # fmt: skip
_LATIN_WORDS: Final = {
    "info": "инфо", "mail": "мэйл", "gmail": "джимэйл", "example": "эксэмпл", "yandex": "яндекс", "google": "гугл",
    "rambler": "рамблер", "bk": "бэ ка", "list": "лист", "inbox": "инбокс", "ru": "ру", "com": "ком", "org": "орг",
    "net": "нэт", "su": "су", "io": "ай оу", "me": "ми", "support": "саппорт", "office": "офис", "sales": "сэйлз",
    "shop": "шоп", "my": "май", "site": "сайт", "price": "прайс", "order": "ордер", "online": "онлайн",
    "service": "сервис",
    "home": "хоум", "hello": "хэллоу", "work": "ворк", "contact": "контакт", "vk": "вэ ка", "telegram": "телеграм",
    "whatsapp": "вотсап", "admin": "админ", "hr": "эйч ар", "pro": "про", "book": "бук", "club": "клуб",
    "taxi": "такси",
    "store": "стор", "help": "хелп", "web": "вэб", "beauty": "бьюти", "studio": "студио", "auto": "авто",
    "dom": "дом",
}  # fmt: skip
_TRANSLIT: Final = (
    ("shch", "щ"), ("sch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ya", "я"),
    ("yu", "ю"),
    ("yo", "ё"), ("ee", "и"), ("oo", "у"), ("ck", "к"), ("ph", "ф"), ("th", "т"), ("qu", "кв"), ("ce", "се"),
    ("ci", "си"),
    ("cy", "си"), ("x", "кс"), ("j", "дж"), ("a", "а"), ("b", "б"), ("c", "к"), ("d", "д"), ("e", "е"), ("f", "ф"),
    ("g", "г"), ("h", "х"), ("i", "и"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"),
    ("q", "к"),
    ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"), ("y", "и"), ("z", "з"),
)  # fmt: skip
_SIGNS: Final = {"@": "собака", ".": "точка", "-": "дефис", "_": "нижнее подчёркивание", "/": "слэш", "+": "плюс"}

_TOP = "ru|com|org|net|рф|su|info|io|me|biz|online|shop|site|by|kz|pro|store|club|app|москва"
_EMAIL = re.compile(r"(?<![\w.+-])[\w+-]+(?:\.[\w+-]+){0,4}@[\w-]+(?:\.[\w-]+){0,4}(?!\w)")
_URL = re.compile(
    rf"(?:https?://|(?<!\w)www\.)[^\s<>\"',;()]{{1,200}}|(?<![\w@.-])(?:[a-zа-яё0-9-]+\.){{1,4}}(?:{_TOP})(?![\w-])(?:/[^\s<>\"',;()]{{0,200}})?",
    re.IGNORECASE,
)
_CHUNKS = re.compile(r"[A-Za-z]+|[А-Яа-яЁё]+|\d+|[@./_+-]")

_DECLINED: Final = {
    r"ул": "улица", r"просп|пр-т|пр-те|пр-кт": "проспект", r"пл": "площадь", r"пер": "переулок",
    r"б-р|бул|бульв": "бульвар",
    r"ш": "шоссе", r"наб": "набережная", r"р-н": "район", r"обл": "область", r"пос": "посёлок", r"дер": "деревня",
    r"г-н": "господин", r"г-жа": "госпожа", r"мкр|мкрн|мкр-н": "микрорайон", r"пр-д": "проезд", r"респ": "республика",
    r"тел": "телефон", r"доб": "добавочный", r"адм": "администрация", r"отд": "отдел", r"ост": "остановка",
}  # fmt: skip
_BEFORE_NUMBER: Final = {
    r"д": "дом", r"кв": "квартира", r"корп": "корпус", r"стр": "строение", r"вл": "владение", r"оф": "офис",
    r"каб": "кабинет",
    r"эт": "этаж", r"под|подъезд": "подъезд", r"пом": "помещение", r"комн": "комната", r"к": "корпус",
    r"ауд": "аудитория",
    r"п": "пункт", r"тел": "телефон", r"доб": "добавочный", r"стр-е": "строение",
}  # fmt: skip
_FIXED: Final = (
    (r"и\s?т\.\s?д\.", "и так далее"), (r"и\s?т\.\s?п\.", "и тому подобное"), (r"т\.\s?д\.", "так далее"),
    (r"т\.\s?п\.", "тому подобное"), (r"т\.\s?е\.", "то есть"), (r"т\.\s?к\.", "так как"),
    (r"т\.\s?н\.", "так называемый"),
    (r"и\s?др\.", "и другие"), (r"и\s?пр\.", "и прочее"), (r"ок\.(?=\s?\d)", "около"), (r"напр\.", "например"),
    (r"см\.(?=\s?[а-яёА-ЯЁ])", "смотри"),
    (r"в\s?т\.\s?ч\.", "в том числе"), (r"до\s?н\.\s?э\.", "до нашей эры"), (r"н\.\s?э\.", "нашей эры"),
    (r"им\.", "имени"), (r"ст\.\s?м\.", "станция метро"), (r"м\.(?=\s?\"?[А-ЯЁ])", "метро"),
    (r"р/с", "расчётный счёт"),
    (r"к/с", "корреспондентский счёт"), (r"с/х", "сельхоз"), (r"б/у", "бэ у"),
    (r"и\s?о\.", "исполняющий обязанности"),
    (r"о\.\s?к\.", "окей"), (r"e-?mail|email", "имэйл"), (r"эл\.\s?(?=почт|адрес)", "электронная "),
    (r"и/или", "и или"),
)  # fmt: skip
_ENDINGS: Final = frozenset(("и так далее", "так далее", "и тому подобное", "тому подобное", "и другие", "и прочее"))
_UPPER: Final = {
    "ООО": "о о о", "ИП": "и пэ", "ОАО": "о а о", "ЗАО": "зэ а о", "АО": "а о", "США": "сэ шэ а", "ИНН": "и эн эн",
    "ОГРН": "о гэ эр эн", "АТС": "а тэ эс", "УВД": "у вэ дэ", "АЗС": "а зэ эс", "ОСАГО": "осаго", "МОУ": "эм о у",
    "ЕС": "е эс", "ИТ": "ай ти", "АПИ": "а пэ и", "ЕГЭ": "е гэ э", "ОГЭ": "о гэ э", "УК": "у ка", "УЗИ": "узи",
    "ЭКГ": "э ка гэ",
    "МРТ": "эм эр тэ", "ОМС": "о эм эс", "СНГ": "эс эн гэ", "ФМС": "эф эм эс", "ТОО": "тэ о о", "ОРВИ": "орви",
    "ЭЦП": "э цэ пэ", "АТМ": "а тэ эм", "ЭДО": "э дэ о", "СССР": "эс эс эс эр",
}  # fmt: skip
_VOWELS = frozenset("АЕЁИОУЫЭЮЯ")
_CITIES: Final = {
    "nomn": "Санкт-Петербург", "gent": "Санкт-Петербурга", "datv": "Санкт-Петербургу", "accs": "Санкт-Петербург",
    "ablt": "Санкт-Петербургом", "loct": "Санкт-Петербурге",
}  # fmt: skip


def _choices(table: dict[str, str]) -> str:
    return "|".join(sorted((choice for key in table for choice in key.split("|")), key=len, reverse=True))


_DECLINED_WORDS = {choice: word for key, word in _DECLINED.items() for choice in key.split("|")}
_NUMBER_WORDS = {choice: word for key, word in _BEFORE_NUMBER.items() for choice in key.split("|")}
_DECLINED_RE = re.compile(
    r"(?<![\w-])(" + _choices(_DECLINED) + r")(\.|(?<=-.)|(?<=-..)|(?<=-...))(?=[\s\d,:;\"]|[А-ЯЁ]|$)",
    re.IGNORECASE,
)
_NUMBER_RE = re.compile(
    r"(?<![\w-])(" + _choices(_BEFORE_NUMBER) + r")(\.\s?|(?<=д) |(?<=кв) |(?<=корп) |(?<=стр) |(?<=оф) )(?=№?\s?\d)",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"((?<!\w)дом(?:а|у|ом|е)?\s|(?<!\w)улиц[аеуы]\s[А-ЯЁа-яё -]{2,40},\s)(\d{1,4})"
    r"(?:\s?([А-Яа-яЁё])(?![\w.]))?(?:/(\d{1,4}))?(?:\s?([кс])\s?(\d{1,3}))?(?!\w)"
)
_CITY = re.compile(r"(?<![\w-])г\.\s?(?=\"?[А-ЯЁ][а-яё])")
_SPB = re.compile(r"(?<!\w)С-?Пб(?:\.|(?!\w))|(?<!\w)СПБ(?!\w)")
_MSK = re.compile(r"(?<!\w)(?:по\s+)?(?:МСК|мск)(?:\.|(?!\w))")
_NUMBER_SIGN = re.compile(r"(?:№{1,2}|#)\s?(?=\d)")
_UPPER_RE = re.compile(r"(?<![\w\u0301-])[А-ЯЁ]{2,}(?![\w\u0301])")
_FIXED_RE = tuple(
    (
        re.compile(
            rf"(?<![\w.-]){pattern}" + ("" if pattern.endswith(("\\.", ")")) else r"(?!\w)"),
            re.IGNORECASE if pattern[0] != "м" else 0,
        ),
        word,
    )
    for pattern, word in _FIXED
)


def addresses_of_net(text: str, grammar: Grammar) -> str:
    """E-mail and web addresses as they are dictated: info@example.ru -> инфо собака эксэмпл точка ру."""
    text = _EMAIL.sub(lambda m: f" {_dictated(m.group(), grammar)} ", text)
    return _URL.sub(lambda m: _url(m, grammar), text)


def _url(found: re.Match[str], grammar: Grammar) -> str:
    written = found.group()
    body = written.rstrip(".!?:…-")
    tail = written[len(body) :]
    body = re.sub(r"^https?://|^www\.", "", body, flags=re.IGNORECASE)
    body = re.sub(r"^www\.", "", body, flags=re.IGNORECASE).split("?")[0].split("#")[0].rstrip("/")
    return f" {_dictated(body, grammar)}{tail}"


def _dictated(written: str, grammar: Grammar) -> str:
    words = []
    for chunk in _CHUNKS.findall(written)[:40]:
        if chunk in _SIGNS:
            words.append(_SIGNS[chunk])
        elif chunk.isdigit():
            words.append(grammar.cardinal(chunk) if len(chunk) <= 3 and chunk[0] != "0" else grammar.spelled(chunk))
        else:
            words.append(latin(chunk) if chunk.isascii() else "эр эф" if chunk == "рф" else chunk)
    return " ".join(words)


def latin(word: str) -> str:
    """A Latin word in Russian letters: known, as it reads, or letter by letter."""
    word = word.lower()
    if word in _LATIN_WORDS:
        return _LATIN_WORDS[word]
    if len(word) < 3 or not re.search(r"[aeiouy]", word) or re.search(r"[^aeiouy]{4}", word):
        return " ".join(LATIN_LETTERS[char] for char in word)
    spoken, place = "", 0
    while place < len(word):
        for source, target in _TRANSLIT:
            if word.startswith(source, place):
                spoken += (
                    "э"
                    if source == "e" and place == 0
                    else "й"
                    if source == "y" and spoken[-1:] in "аоуэие" and spoken
                    else target
                )
                place += len(source)
                break
    return spoken


def abbreviations(text: str, grammar: Grammar) -> str:
    """ул., д. 5, т.е., г. Москва, № and their like in words, in the case their preposition asks for."""

    def declined(table: dict[str, str]) -> Callable[[re.Match[str]], str]:
        def replace(found: re.Match[str]) -> str:
            word = table.get(found[1].lower()) or table.get(found[1].lower().rstrip("."), found[1])
            return _cased(found, word, grammar) + " "

        return replace

    for pattern, word in _FIXED_RE:
        text = pattern.sub(_fixed(word), text)
    text = _SPB.sub(lambda m: _CITIES[_place_case(m)] + kept_dot(m), text)
    text = _MSK.sub("по московскому времени", text)
    text = _CITY.sub(lambda m: _cased(m, "город", grammar) + " ", text)
    text = _NUMBER_RE.sub(declined(_NUMBER_WORDS), text)
    text = _DECLINED_RE.sub(declined(_DECLINED_WORDS), text)
    text = _NUMBER_SIGN.sub("номер ", text)
    return _HOUSE.sub(lambda m: _house(m, grammar), text)


def _fixed(word: str) -> Callable[[re.Match[str]], str]:
    ends = word in _ENDINGS
    return lambda found: _capital(found, word) + (kept_dot(found) if ends else " " * found.group().endswith("."))


def _capital(found: re.Match[str], word: str) -> str:
    return word[0].upper() + word[1:] if found.group()[0].isupper() else word


def _place_case(found: re.Match[str]) -> str:
    before = word_before(found.string, found.start())
    if before in ("в", "во", "на"):
        return "loct"
    return "datv" if before == "по" else PREPOSITION_CASE.get(before, "nomn")


def _cased(found: re.Match[str], word: str, grammar: Grammar) -> str:
    case = _place_case(found)
    form = word if case == "nomn" else grammar.inflect(word, "sing", case)
    return _capital(found, form)


def _house(found: re.Match[str], grammar: Grammar) -> str:
    words = found[1] + grammar.cardinal(found[2])
    if found[3] and found[3].lower() not in "кс":
        words += f" {LETTERS[found[3].lower()]}"
    elif found[3]:
        return (
            found.group()
            if found.string[found.end() :].lstrip()[:1].isdigit()
            else words + f" {LETTERS[found[3].lower()]}"
        )
    if found[4]:
        words += f" дробь {grammar.cardinal(found[4])}"
    if found[6]:
        words += f" {'корпус' if found[5] == 'к' else 'строение'} {grammar.cardinal(found[6])}"
    return words


def initials(text: str) -> str:
    """ООО -> о о о, МФЦ -> эм эф цэ; capitals that read as a word become small letters."""

    def spoken(found: re.Match[str]) -> str:
        word = found.group()
        if word in _UPPER:
            return _UPPER[word]
        if len(word) <= 6 and not _VOWELS.intersection(word):
            return " ".join(LETTERS[char.lower()] for char in word)
        return word.lower() if len(word) > 1 else word

    return _UPPER_RE.sub(spoken, text)

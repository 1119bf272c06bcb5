"""PURE: does a phrase heard so far sound finished? Judged by its last words, for Russian and English.

A rule of thumb, to be asked many times while somebody speaks; wrong guesses cost a few tenths of a second. Texts are
what recognisers write: lower case, no punctuation, numbers as words (digits are understood too).
"""

from dataclasses import dataclass
from enum import StrEnum


class Completeness(StrEnum):
    """How finished a phrase sounds."""

    COMPLETE = "complete"
    LIKELY = "likely"
    """All there is to say, most likely, though some people add to it."""
    NORMAL = "normal"
    INCOMPLETE = "incomplete"


class Expecting(StrEnum):
    """What the caller was asked for; a text is judged as an answer to that."""

    ANYTHING = "anything"
    YES_NO = "yes_no"
    """Whether something that was read back to him is right: yes, no, or what stands in its place."""
    NAME = "name"
    NUMBER = "number"
    MATTER = "matter"


@dataclass(frozen=True, slots=True)
class Tables:
    """One language's words. Endings are matched against the last words of the text."""

    answers: frozenset[str]
    """A text of nothing but these, begun with one of `openers`, is an answer to a yes-or-no question."""
    openers: frozenset[str]
    goodbyes: tuple[str, ...]
    """Endings after which people say no more."""
    please: str
    asking: frozenset[str]
    """Before `please`, these only begin a question: "скажите пожалуйста"."""
    questions: frozenset[str]
    """A question word with two words behind it makes a full question."""
    requests: frozenset[str]
    """So does a verb of asking with two words behind it."""
    yes_no: tuple[str, ...]
    """Beginnings of yes-or-no questions, of two words or more, ..."""
    yes_no_words: int
    """... which are full with so many words in all."""
    preludes: frozenset[str]
    """What may come before such a beginning."""
    whole: tuple[str, ...]
    """Texts that are a turn of their own."""
    asked_of: tuple[str, ...]
    """Endings of verbs in the second person: with something said before it, such a verb closes a question."""
    you: str
    joints: frozenset[str]
    """Words that lead into a clause of which the verb may be no question."""
    tails: tuple[str, ...]
    """Questions asked at the end, behind what they are about."""
    dangling: frozenset[str]
    """Nobody ends a phrase with these words."""
    hanging: tuple[str, ...]
    """... nor with these endings."""
    number_heralds: frozenset[str]
    """After these a number is dictated, however short it still is."""
    hundreds: dict[str, str]
    tens: dict[str, str]
    teens: dict[str, str]
    units: dict[str, str]
    number_glue: frozenset[str]
    """Words within a dictated number that are no digits."""
    trunk: str
    """First digits of whole numbers: with one of them alone a number begins."""
    closed: tuple[tuple[int, str], ...]
    """(length, first digits that it may have) of whole phone numbers."""
    name_leads: tuple[str, ...]
    """What comes before a name; with two words behind it, or two words alone, an answer to "what is your name?"."""
    verdicts: frozenset[str]
    """Words that tell whether something is right; in an answer to that, they are all there is to say."""
    denials: frozenset[str]
    """Those of them that say that it is wrong."""
    instead: frozenset[str]
    """Before a number these say that another one follows: "не сорок пять" (а сорок шесть)."""
    wishes: tuple[str, ...]
    """Endings of a request that is whole as it stands."""


MIN_DICTATED = 4
"""Digits: so many in a row are a phone number, not a date or a price."""
MAX_DICTATED = 11
CLOSED_AT = 10
MISHEARD_AFTER = 3
"""Number words: so many before a word that is none are dictation."""
QUESTION_TAIL = 2
SHORTEST_REQUEST = 2
LONGEST_QUESTION = 8
"""Words: what goes on for longer behind a question word is a story."""
SHORTEST_VERB = 6
FULL_NAME = 2
"""Words: first name and surname."""


def completeness(text: str, language: str = "ru", expecting: Expecting = Expecting.ANYTHING) -> Completeness:
    """Unknown languages are judged NORMAL always."""
    tables = TABLES.get(language)
    words = _plain(text).split()
    if tables is None or not words:
        return Completeness.NORMAL
    return (
        _as_asked(words, tables, expecting) or _number(words, tables) or _ending(words, tables) or _whole(words, tables)
    )


def _as_asked(words: list[str], tables: Tables, expecting: Expecting) -> Completeness | None:
    """What the question itself tells of an answer; None where it tells nothing."""
    match expecting:
        case Expecting.NUMBER:
            digits, _ = _trailing_number(words, tables)
            # Any digit is a part of the number, however short it still is.
            unfinished = 0 < len(digits) <= MAX_DICTATED and not _closed(digits, tables)
            return Completeness.INCOMPLETE if unfinished else None
        case Expecting.YES_NO:
            digits, before = _trailing_number(words, tables)
            if digits and len(digits) < MIN_DICTATED and before and before[-1] in tables.instead:
                told = any(_is_number(word, tables) for word in before)
                return None if told else Completeness.INCOMPLETE
            if words[-1] in tables.dangling or not tables.verdicts.issuperset(words):
                return None
            # Behind a "нет" the right number often follows.
            return Completeness.COMPLETE if tables.denials.isdisjoint(words) else Completeness.LIKELY
        case Expecting.NAME:
            return Completeness.LIKELY if _is_full_name(words, tables) else None
        case _:
            return None


def _is_full_name(words: list[str], tables: Tables) -> bool:
    text = " ".join(words)
    lead = next((lead for lead in tables.name_leads if text.startswith(lead + " ")), "")
    name = words[len(lead.split()) :]
    known = tables.dangling | tables.answers | tables.preludes
    return len(name) >= FULL_NAME and name[-1] not in tables.dangling and known.isdisjoint(name[:FULL_NAME])


def _closed(digits: str, tables: Tables) -> bool:
    return any(len(digits) == length and digits[0] in first for length, first in tables.closed)


def trailing_digits(text: str, language: str = "ru") -> str:
    """The number that the text ends with, as dictated: "восемь девятьсот двенадцать" -> "8912"; empty for none."""
    tables = TABLES.get(language)
    return "" if tables is None else _trailing_number(_plain(text).split(), tables)[0]


def _number(words: list[str], tables: Tables) -> Completeness | None:
    digits, before = _trailing_number(words, tables)
    if not digits:
        # A word that fits nothing after a good part of a number is a digit misheard, not the end.
        digits, before = _trailing_number(words[:-1], tables)
        dictated = len(words) - 1 - len(before) >= MISHEARD_AFTER
        return Completeness.INCOMPLETE if dictated and len(digits) < CLOSED_AT else None
    if _closed(digits, tables):
        # "… восемьдесят" may still become восемьдесят девять, and a wrong number costs more than a wait.
        open_ended = words[-1] in tables.tens or words[-1] in tables.hundreds
        return Completeness.INCOMPLETE if open_ended else Completeness.COMPLETE
    heralded = any(word in tables.number_heralds for word in before[-2:])
    alone = not before and (len(digits) >= MIN_DICTATED - 1 or digits[0] in tables.trunk)
    if len(digits) <= MAX_DICTATED and (len(digits) >= MIN_DICTATED or heralded or alone):
        return Completeness.INCOMPLETE
    return Completeness.NORMAL


def _ending(words: list[str], tables: Tables) -> Completeness | None:
    text = " " + " ".join(words)
    if any(text.endswith(" " + goodbye) for goodbye in tables.goodbyes):
        return Completeness.COMPLETE
    if words[-1] in tables.dangling or any(text.endswith(" " + ending) for ending in tables.hanging):
        return Completeness.INCOMPLETE
    return _politely(words, tables) if words[-1] == tables.please and len(words) > 1 else None


def _politely(words: list[str], tables: Tables) -> Completeness:
    """A text that ends with "please"."""
    text = " " + " ".join(words[:-1])
    if words[-2] in tables.asking or any(text.endswith(" " + ending) for ending in tables.hanging):
        return Completeness.INCOMPLETE
    # One word before it that asks for nothing is as likely a "подскажите" misheard, with the question still to come.
    known = tables.requests | tables.answers
    return Completeness.COMPLETE if len(words) > SHORTEST_REQUEST or words[0] in known else Completeness.NORMAL


def _whole(words: list[str], tables: Tables) -> Completeness:
    if words[0] in tables.openers and tables.answers.issuperset(words):
        return Completeness.COMPLETE
    asking = tables.questions | tables.requests
    asked = max((i for i, word in enumerate(words) if word in asking), default=len(words))
    if QUESTION_TAIL < len(words) - asked <= LONGEST_QUESTION or _yes_no(words, tables):
        return Completeness.COMPLETE
    text = " " + " ".join(words)
    wish = any(text.endswith(" " + wish) for wish in tables.wishes)
    return Completeness.LIKELY if wish else Completeness.NORMAL


def _yes_no(words: list[str], tables: Tables) -> bool:
    start = next((i for i, word in enumerate(words) if word not in tables.preludes), len(words))
    text = " ".join(words[start:])
    if _asked_last(words[start:], tables):
        return True
    begun = any((text + " ").startswith(beginning + " ") for beginning in tables.yes_no)
    return text in tables.whole or (begun and len(words) - start >= tables.yes_no_words)


def _asked_last(words: list[str], tables: Tables) -> bool:
    """ "В понедельник вы работаете", "вы в субботу до скольки": what is asked about, then the question."""
    text = " ".join(words)
    tail = next((tail for tail in tables.tails if text.endswith(" " + tail)), "")
    before = words[: -len(tail.split())] if tail else words[:-1]
    about = [word for word in before if word not in tables.preludes and word != tables.you]
    if not about or not tables.joints.isdisjoint(before):
        return False
    asked_of = len(words[-1]) >= SHORTEST_VERB and words[-1].endswith(tables.asked_of)
    return bool(tail) or (asked_of and words[-1] not in tables.requests and words[-1] not in tables.asking)


def _trailing_number(words: list[str], tables: Tables) -> tuple[str, list[str]]:
    """(digits, words before the number)."""
    start = len(words)
    while start > 0 and (_is_number(words[start - 1], tables) or words[start - 1] in tables.number_glue):
        start -= 1
    return _digits(words[start:], tables), words[:start]


def _is_number(word: str, tables: Tables) -> bool:
    return (
        word.isdigit() or word in tables.hundreds or word in tables.tens or word in tables.teens or word in tables.units
    )


def _digits(words: list[str], tables: Tables) -> str:
    """Groups as they are spoken: a hundred takes the ten or unit behind it, a ten takes the unit."""
    out: list[str] = []
    room = 0  # trailing zeros of the last group that what follows may replace
    for word in words:
        if word.isdigit():
            out.append(word)
            room = 0
        elif word in tables.hundreds:
            out.append(tables.hundreds[word] + "00")
            room = 2
        elif (two := tables.tens.get(word) or tables.teens.get(word)) is not None:
            out.append(out.pop()[:-2] + two if room == 2 else two)
            room = 1 if word in tables.tens else 0
        elif word in tables.units:
            # A zero stands alone: nobody says it within a group.
            joins = room > 0 and tables.units[word] != "0"
            out.append(out.pop()[:-1] + tables.units[word] if joins else tables.units[word])
            room = 0
    return "".join(out)


def _plain(text: str) -> str:
    return text.lower().replace("ё", "е").replace("-", " ").translate(_PUNCTUATION)


_PUNCTUATION = str.maketrans(dict.fromkeys(".,!?;:…«»\"'()", " "))


def _words(text: str) -> frozenset[str]:
    return frozenset(_plain(text).split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(_plain(line).strip() for line in text.split("/"))


def _values(text: str) -> dict[str, str]:
    return dict(item.split("=", 1) for item in _plain(text).split())


RUSSIAN = Tables(
    # Not "понятно": a caller who says so takes leave in the same breath, and would be cut off before it.
    answers=_words(
        "да нет ага угу не надо нужно хорошо конечно верно правильно ладно согласен согласна подходит точно именно так "
        "можно нельзя спасибо пожалуйста отлично разумеется ни в коем случае неверно неправильно "
        "годится договорились больше ничего всё стоп подождите хватит давайте громче погромче тише медленнее "
        "помедленнее быстрее еще"
    ),
    openers=_words(
        "да нет ага угу хорошо конечно верно правильно ладно согласен согласна подходит неверно неправильно отлично "
        "разумеется точно именно годится договорились стоп хватит ничего"
    ),
    goodbyes=_lines(
        "до свидания/всего доброго/всего хорошего/всего наилучшего/до встречи/до завтра/хорошего дня/пока/пока пока/"
        "счастливо/будьте здоровы/до связи/на связи"
    ),
    please="пожалуйста",
    asking=_words("скажите подскажите извините простите добры"),
    questions=_words(
        "сколько когда где куда откуда какой какая какое какие какую каких кто почему зачем чем чей долго"
    ),
    requests=_words(
        "скажите подскажите соедините переключите перезвоните повторите расскажите объясните напомните пригласите "
        "позовите скажи подскажи"
    ),
    yes_no=_lines(
        "вы работаете/вы принимаете/вы доставляете/вы делаете/вы можете/вы будете/вы открыты/вы еще/вы сможете/"
        "у вас есть/у вас можно/у вас работает/есть ли/можно ли/можно заказать/можно оплатить/можно записаться/"
        "можно узнать/можно забрать/можно вернуть/могу ли/работаете ли/нельзя ли/"
        "как до вас/как к вам/как мне/как можно/как вас/как у вас/как быстро/как оплатить/как заказать/как оформить"
    ),
    yes_no_words=3,
    preludes=_words(
        "а и ну алло угу ага да так добрый день вечер утро здравствуйте привет скажите подскажите пожалуйста извините"
    ),
    asked_of=("ете", "ите", "етесь", "итесь"),
    tails=_lines("до скольки/со скольки/до какого часа/с какого часа/во сколько"),
    you="вы",
    joints=_words("что чтобы если когда пока раз"),
    whole=_lines("это робот/вы робот/вы человек/кто это/кто вы/с кем я говорю/вы меня слышите/вы тут/что вы умеете"),
    dangling=_words(
        "и а но или либо что чтобы потому поэтому если когда как где куда откуда сколько какой какая какое какие "
        "который в во на с со к ко по о об обо у от до из за для при про без под над через между перед около после "
        "насчёт э ээ эээ эм эмм м мм ммм ну вот значит типа короче мой моя моё мои мою ваш ваша ваше ваши наш наша "
        "не ни бы очень будет был была плюс номер номеру имя фамилия отчество зовут улица дом квартира подъезд код "
        "нужен нужна нужны"
    ),
    hanging=_lines(
        "мой номер/номер телефона/мой телефон/телефон такой/мой адрес/адрес такой/меня зовут/зовут меня/моё имя/"
        "моя фамилия/я хочу/я хотел/я хотела/хотел бы/хотела бы/хотелось бы/мне нужно/мне надо/мне бы/нам нужно/"
        "я звоню/звоню вам/по поводу/по вопросу/дело в том/так как/потому что/скажите/подскажите/запишите/передайте/"
        "передайте ему/передайте ей/у вас/у меня/у нас/к вам/к нам/до вас/от вас/как вас/можно ли/"
        "могу ли/могу я/а это/ну это/вот это"
    ),
    number_heralds=_words("номер номеру телефон телефона мобильный сотовый код плюс диктую запишите записывайте"),
    hundreds=_values(
        "сто=1 двести=2 триста=3 четыреста=4 пятьсот=5 шестьсот=6 семьсот=7 восемьсот=8 девятьсот=9",
    ),
    tens=_values(
        "двадцать=20 тридцать=30 сорок=40 пятьдесят=50 шестьдесят=60 семьдесят=70 восемьдесят=80 девяносто=90",
    ),
    teens=_values(
        "десять=10 одиннадцать=11 двенадцать=12 тринадцать=13 четырнадцать=14 пятнадцать=15 шестнадцать=16 "
        "семнадцать=17 восемнадцать=18 девятнадцать=19"
    ),
    units=_values(
        "ноль=0 нуль=0 один=1 одна=1 раз=1 два=2 две=2 три=3 четыре=4 пять=5 шесть=6 семь=7 восемь=8 девять=9",
    ),
    number_glue=_words("плюс дефис тире"),
    trunk="789",
    # 8 or +7 with ten digits, or the ten alone, whose area code then begins with 3, 4 or 9 (Russian numbering plan).
    closed=((11, "78"), (10, "349")),
    name_leads=_lines("меня зовут/мое имя/это говорит/говорит/вас беспокоит/беспокоит/это/я"),
    verdicts=_words(
        "да нет не ага угу верно правильно неверно неправильно точно все так именно хорошо номер конечно спасибо"
    ),
    denials=_words("нет не неверно неправильно"),
    instead=_words("не"),
    wishes=_lines(
        "оставить сообщение/оставлю сообщение/заказать доставку/сделать заказ/перезвоните мне/мне перезвонить/"
        "перезвоните пожалуйста"
    ),
)

ENGLISH = Tables(
    answers=_words(
        "yes no yeah yep nope sure ok okay right correct thanks thank you please fine good great of course that's "
        "thats not really all exactly stop wait nothing else it that is"
    ),
    openers=_words("yes no yeah yep nope sure ok okay right correct fine great exactly stop nothing of that's thats"),
    goodbyes=_lines("goodbye/good bye/bye/bye bye/see you/see you later/have a nice day/have a good day/take care"),
    please="please",
    asking=_words("me say"),
    questions=_words("what when where why who how which whose"),
    requests=_words("tell give connect repeat explain"),
    yes_no=_lines(
        "do you have/do you do/do you work/do you deliver/are you open/can i/can you/could you/could i/is there/"
        "are there/may i/is it"
    ),
    yes_no_words=4,
    preludes=_words("hello hi and so well good morning afternoon evening excuse me please"),
    asked_of=(),
    tails=(),
    you="you",
    joints=frozenset(),
    whole=_lines("are you a robot/are you human/who is this/who are you/can you hear me"),
    dangling=_words(
        "and or but because so if that when where how what which who the a an my your his her our their its i of to "
        "in on at for with from by about into is are was were will would can could should um uh er erm hmm like well "
        "not plus number name"
    ),
    hanging=_lines(
        "my number/phone number/my name/my name is/name is/this is/i want/i need/i would like/i'd like/i wanted/"
        "i am calling/i'm calling/calling about/tell me/can you/could you/do you/do you have/are you/is it/let me"
    ),
    number_heralds=_words("number is phone mobile cell code plus"),
    hundreds={},
    tens=_values("twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90"),
    teens=_values(
        "ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19",
    ),
    units=_values("zero=0 oh=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9"),
    number_glue=_words("plus dash"),
    trunk="",
    # Ten digits, or eleven with a trunk or country prefix (North America, Britain, Russia).
    closed=((11, "0178"), (10, "23456789")),
    name_leads=_lines("my name is/this is/it is/i am"),
    verdicts=_words("yes no yeah yep nope right correct exactly wrong not it is that is thats that's ok okay thanks"),
    denials=_words("no nope wrong not"),
    instead=_words("not"),
    wishes=_lines("leave a message/take a message/call me back/place an order"),
)

TABLES: dict[str, Tables] = {"ru": RUSSIAN, "en": ENGLISH}

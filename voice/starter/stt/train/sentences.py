"""A template grammar of what callers say to a telephone secretary.

Everything is lower case, spelled with ё, without punctuation: the form of a recogniser's output. A `Grammar` draws from
its own random generator, so a seed fixes the sentences.
"""

import random
import tomllib
from collections.abc import Callable
from pathlib import Path

Draw = Callable[[], list[str]]

TABLES = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text("utf-8"))
P = TABLES["phrases"]
ADDED = TABLES["added"]

UNITS = "ноль один два три четыре пять шесть семь восемь девять".split()
FEMININE = {1: "одна", 2: "две"}
TEENS = (
    "десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
).split()
TENS = ". . двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто".split()
HUNDREDS = ". сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот".split()
DATIVE = ".. часу двум трём четырём пяти шести семи восьми девяти десяти одиннадцати двенадцати".split()
_STEMS = "перв втор трет четвёрт пят шест седьм восьм девят десят".split()
ORDINALS = {  # neuter nominative and genitive, for dates and half hours
    **{n: (stem + "ое", stem + "ого") for n, stem in enumerate(_STEMS, 1)},
    3: ("третье", "третьего"),
    **{n: (word[:-1] + "ое", word[:-1] + "ого") for n, word in enumerate(TEENS[1:], 11)},
    20: ("двадцатое", "двадцатого"),
    30: ("тридцатое", "тридцатого"),
}
CODES = [900, 903, 905, 906, 909, 910, 912, 915, 916, 917, 918, 920, 921, 925, 926, 927, 929, 950, 952, 960, 961, 963]
CODES += [964, 965, 977, 978, 980, 981, 983, 985, 987, 989, 995, 999, 495, 499, 812]
EXTRA_WORDS = ["одна", "две", "одно", "единица", "тысяча", "тысячи", "тысяч"]
VOCABULARY_SEED, VOCABULARY_DRAWS = 12345, 60_000


def plural(number: int, one: str, few: str, many: str) -> str:
    """The Russian noun form that goes with a number."""
    if number % 10 == 1 and number % 100 != 11:
        return one
    return few if number % 10 in (2, 3, 4) and not 11 <= number % 100 <= 14 else many


def ordinal(number: int, case: int) -> list[str]:
    """`case` 0 is the nominative, 1 the genitive."""
    if number in ORDINALS:
        return [ORDINALS[number][case]]
    return [TENS[number // 10], ORDINALS[number % 10][case]]


class Grammar:
    """Draws sentences, each a list of words."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, *options: str) -> list[str]:
        """The words of one of the options."""
        return self.rng.choice(options).split()

    def phrase(self, table: str) -> list[str]:
        """The words of one phrase of a table."""
        return self.rng.choice(P[table]).split()

    def number(self, number: int, feminine: bool = False) -> list[str]:
        if number == 0:
            return ["ноль"]
        words: list[str] = []
        if number >= 1000:
            thousands = number // 1000
            if thousands == 1:
                words += ["тысяча"] if self.chance(0.5) else ["одна", "тысяча"]
            else:
                words += [*self.number(thousands, True), plural(thousands, "тысяча", "тысячи", "тысяч")]
            number %= 1000
        if number >= 100:
            words.append(HUNDREDS[number // 100])
            number %= 100
        if 10 <= number < 20:
            return [*words, TEENS[number - 10]]
        if number >= 20:
            words.append(TENS[number // 10])
            number %= 10
        if number:
            words.append(FEMININE.get(number, UNITS[number]) if feminine else UNITS[number])
        return words

    def hour(self) -> list[str]:
        rng, kind = self.rng, self.rng.random()
        hour = rng.randint(1, 12) if self.chance(0.7) else rng.randint(0, 23)
        noun = ["час"] if hour in (1, 21) else ["часа"] if hour in (2, 3, 4, 22, 23) else ["часов"]
        if kind < 0.3:
            if hour == 1 and self.chance(0.6):
                return ["в", "час"]
            return ["в", *self.number(hour), *(noun if self.chance(0.7) else [])]
        if kind < 0.6:
            minute = rng.choice([*range(0, 60, 5), rng.randint(1, 59)])
            words = ["в", *self.number(hour), *(noun if self.chance(0.5) else [])]
            if not minute:
                return [*words, "ровно"]
            words += self.number(minute, True)
            said = self.chance(0.4) and (minute % 10 not in (1, 2, 3, 4) or 11 <= minute <= 14)
            return [*words, *(["минут"] if said else [])]
        if kind < 0.75:
            return ["в", "половину" if self.chance(0.4) else "половине", ORDINALS[rng.randint(1, 12)][1]]
        if kind < 0.85:
            if self.chance(0.5):
                return self.pick("в полдень", "около", "после", "до")[:1] + self.number(rng.randint(1, 12))
            number = rng.randint(1, 12)
            return ["к", DATIVE[number], *(["часам"] if self.chance(0.5) and number > 1 else [])]
        return ["в", *self.number(hour), *noun, rng.choice(P["parts_of_day"])]

    def date(self) -> list[str]:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.3:
            return self.phrase("days_on")
        if kind < 0.4:
            return ["на", *self.pick(*"понедельник вторник среду четверг пятницу субботу воскресенье".split(),
                                     "сегодня", "завтра", "послезавтра")]  # fmt: skip
        if kind < 0.75:
            return [*ordinal(rng.randint(1, 31), int(kind < 0.65)), rng.choice(P["months"])]
        if kind < 0.8:
            return ["на", *ordinal(rng.randint(1, 31), 0), *([rng.choice(P["months"])] if self.chance(0.6) else [])]
        if kind < 0.85:
            return self.pick("в следующий", "в этот") + self.pick("понедельник", "вторник", "четверг")
        return self.phrase("moments")

    def telephone(self) -> list[str]:
        rng, kind = self.rng, self.rng.random()
        prefix = self.pick("восемь", "плюс семь", "семь", "")
        if kind < 0.55:
            words = prefix + self.number(rng.choice([*CODES, rng.randint(900, 999)]))
            words += (
                self.number(rng.randint(100, 999)) if self.chance(0.8) else ["ноль", *self.number(rng.randint(1, 99))]
            )
            for _ in range(2):
                pair = rng.randint(0, 99)
                words += self.number(pair) if pair >= 10 else ["ноль", UNITS[pair]]
            return words
        digits = rng.choice([3, 4, 5, 6, 7, 10])
        return (prefix if digits == 10 else []) + [rng.choice(UNITS) for _ in range(digits)]

    def person(self) -> list[str]:
        kind, sex = self.rng.random(), "man" if self.chance(0.5) else "woman"
        tables = {
            0.5: ("names",),
            0.75: ("names", "patronymics"),
            0.9: ("names", "surnames"),
            1.0: ("surnames", "names"),
        }
        order = next(names for limit, names in tables.items() if kind < limit)
        return [self.rng.choice(P[f"{table}_{sex}"]) for table in order]

    def address(self) -> list[str]:
        rng = self.rng
        words = self.pick("улица", "на улице", "проспект", "на улицу", "переулок", "площадь") + [
            rng.choice(P["streets"])
        ]
        words += ["дом", *self.number(rng.randint(1, 150))]
        if self.chance(0.2):
            words += ["корпус", *self.number(rng.randint(1, 5))]
        if self.chance(0.5):
            words += ["квартира", *self.number(rng.randint(1, 300))]
        if self.chance(0.15):
            words += ["подъезд", *self.number(rng.randint(1, 9))]
            words += ["этаж", *self.number(rng.randint(1, 20))] if self.chance(0.6) else []
        return ["город", rng.choice(P["cities"]), *words] if self.chance(0.2) else words

    def money(self) -> list[str]:
        draw = self.rng.randint
        options = [draw(1, 99) * 10, draw(1, 20) * 500, draw(1, 99) * 100, draw(1, 50) * 1000, draw(100, 999)]
        amount = self.rng.choice(options)
        return [*self.number(amount), plural(amount, "рубль", "рубля", "рублей")]

    def sometimes(self, share: float, what: Draw) -> list[str]:
        return what() if self.chance(share) else []

    def sentence(self) -> list[str]:
        kind = self.rng.random()
        greeting = self.phrase("greetings") if self.chance(0.25) else []
        words = next(build for limit, build in _SENTENCES if kind < limit)(self, greeting)
        return [word for word in words if word not in ("", ".", "..")]

    def _introduction(self, greeting: list[str]) -> list[str]:
        who = self.person()
        woman = who[0] in P["names_woman"] or who[0] in P["surnames_woman"]
        words = [
            *greeting,
            *self.pick("меня зовут", "это", "я", "", "моё имя", "говорит", "вас беспокоит", "меня зовут", "это"),
        ]
        words += who
        if self.chance(0.25):
            words += self.pick("передайте что", "передайте")
            called = "звонила" if woman else "звонил"
            words += self.pick(called, "я перезвоню", "я приеду", "я опоздаю", "я не приеду", "жду звонка", "буду")
            words += self.sometimes(0.4, self.date)
        return words

    def _code(self, _greeting: list[str]) -> list[str]:
        words = self.pick("номер заказа", "заказ номер", "заказ", "номер договора", "код", "мой код")
        if self.chance(0.5):
            return words + self.number(self.rng.randint(1, 9999))
        return words + [self.rng.choice(UNITS) for _ in range(self.rng.randint(3, 6))]


_OFFERS = ("давайте", "можно", "лучше", "", "мне удобно", "приеду", "буду", "я буду", "подойдёт", "нет лучше")
_NUMBERS = ("мой номер", "запишите номер", "номер", "мой телефон", "телефон", "", "", "перезвоните по номеру",
            "перезвоните на номер", "номер телефона", "запишите", "диктую")  # fmt: skip
_CALL_FOR = (
    "можно",
    "позовите",
    "пригласите",
    "позовите пожалуйста",
    "можно услышать",
    "мне нужен",
    "передайте для",
    "это для",
)
_PEOPLE = ("два человека", "двоих", "троих", "четверых", "три человека", "четыре человека", "пять человек",
           "шесть человек", "один человек", "одного", "пятерых")  # fmt: skip
_BRING = (
    "привезите",
    "подготовьте",
    "отправьте",
    "нужны",
    "пришлите",
    "заберите",
    "я привезу",
    "нужно забрать",
    "передайте",
)

# Cumulative share of each kind of sentence, and how it is built from the grammar and a greeting (used by some).
_SENTENCES: tuple[tuple[float, Callable[[Grammar, list[str]], list[str]]], ...] = (
    (0.05, lambda g, _: g.phrase("greetings")),
    (0.08, lambda g, _: g.phrase("goodbyes")),
    (0.13, lambda g, _: g.phrase("yes")),
    (0.17, lambda g, _: g.phrase("no")),
    (0.21, lambda g, _: g.phrase("control")),
    (0.25, lambda g, hi: hi + g.phrase("operator")),
    (0.33, lambda g, hi: hi + g.phrase("questions") + (["пожалуйста"] if g.chance(0.1) else [])),
    (0.38, lambda g, hi: hi + g.phrase("callbacks") + g.sometimes(0.4, g.date) + g.sometimes(0.4, g.hour)),
    (0.43, lambda g, hi: hi + g.phrase("messages")),
    (0.52, lambda g, hi: hi + g.phrase("appointments") + g.sometimes(0.7, g.date) + g.sometimes(0.6, g.hour)),
    (0.57, lambda g, _: g.pick(*_OFFERS) + g.date() + g.sometimes(0.6, g.hour)),
    (0.62, lambda g, _: g.pick("давайте", "можно", "лучше", "", "", "приеду", "буду", "примерно") + g.hour()),
    (0.72, lambda g, _: g.pick(*_NUMBERS) + g.telephone()),
    (0.79, Grammar._introduction),
    (0.83, lambda g, hi: hi + g.pick(*_CALL_FOR) + [g.rng.choice(P["names_accusative"])]),
    (0.87, lambda g, _: g.pick("", "адрес", "мой адрес", "доставка на", "приезжайте", "доставьте", "запишите адрес") + g.address()),
    (0.89, lambda g, _: g.pick("в", "я в", "живу в", "мы в", "доставка в") + [g.rng.choice(P["cities_in"])]),
    (0.915, lambda g, _: g.pick("", "стоит", "цена", "это стоит", "за", "сумма", "заплачу", "не больше") + g.money()),
    (0.93, lambda g, _: g.pick("нас будет", "на", "столик на", "", "заказ на") + g.pick(*_PEOPLE) + g.sometimes(0.4, g.hour)),
    (0.945, lambda g, _: g.pick(*_BRING) + [g.rng.choice(P["things"])] + g.sometimes(0.4, g.date)),
    (0.96, Grammar._code),
    (0.97, lambda g, hi: hi + g.phrase("spam")),
    (0.98, lambda g, _: g.pick("мне", "ему", "ей") + g.number(g.rng.randint(18, 90)) + g.pick("лет", "года", "год")),
    (1.01, lambda g, _: g.phrase("small_talk")),
)  # fmt: skip


def vocabulary() -> list[str]:
    """Every word that the grammar can say, sorted."""
    words = {word for table in P.values() for phrase in table for word in phrase.split()}
    words.update(UNITS, TEENS, TENS[2:], HUNDREDS[1:], DATIVE[1:], EXTRA_WORDS)
    for forms in ORDINALS.values():
        words.update(forms)
    grammar = Grammar(random.Random(VOCABULARY_SEED))
    for _ in range(VOCABULARY_DRAWS):
        words.update(grammar.sentence())
    return sorted(words - {"", ".", ".."})


class AddedGrammar:
    """Sentences with the words that came after the acoustic training: lexicon and language model know them, the network
    has never heard them. That is how the vocabulary grows, and how it is measured."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def sentence(self) -> list[str]:
        choose, kind = self.rng.choice, self.rng.random()
        if kind < 0.42:
            return choose(ADDED["phrases"]).split()
        for limit, starts, words in _ADDED_SENTENCES:
            if kind < limit:
                return f"{choose(starts)} {choose(words)}".split()
        start, day = choose(["с", "с"]), choose(ADDED["days_genitive"])
        return [start, day, "по", choose("пятницу субботу воскресенье четверг".split())]


_ADDED_SENTENCES = (
    (0.54, ["меня зовут", "это", "говорит", "", "здравствуйте это", "передайте что звонил"],
     ADDED["names_man"] + ADDED["names_woman"]),
    (0.60, ["это", "это его", "это её", "звонит", "звонит ваш", "я ваш"], ADDED["relations"]),
    (0.68, ["запишите меня к", "хочу записаться к", "можно записаться к", "запись к"], ADDED["professions_dative"]),
    (0.75, ["мне нужен", "есть ли", "когда работает", "нужен"], ADDED["professions"]),
    (0.90, ["сколько стоит", "нужна", "запишите меня на", "хочу заказать", "есть ли у вас", "", "сколько стоит у вас",
            "интересует"], ADDED["services"]),
    (0.95, ["с", "до", "после", "не раньше"], ADDED["days_genitive"]),
)  # fmt: skip


def added_vocabulary() -> list[str]:
    """The words of the added tables, sorted; some are in the first vocabulary too."""
    words = {word for table in ADDED.values() for phrase in table for word in phrase.split()}
    words.update("по не раньше звонит ваш его её интересует нужна нужен".split())
    return sorted(words)

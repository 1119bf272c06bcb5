"""The facts that a made-up company has, and the words that dialogues are filled with.

Every function takes the random generator first; `held_out` asks for names that training never uses.
"""

import random
import tomllib
from collections.abc import Callable
from pathlib import Path

TABLES = tomllib.loads(Path(__file__).with_name("topics.toml").read_text("utf-8"))
W = TABLES["words"]

ONES = (
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
    "пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
).split()
TENS = ["", "", *"двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто".split()]
HUNDREDS = ["", *"сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот".split()]
GENITIVE = dict(
    enumerate(
        "семи восьми девяти десяти одиннадцати двенадцати тринадцати четырнадцати пятнадцати шестнадцати семнадцати "
        "восемнадцати девятнадцати двадцати".split(),
        7,
    )
) | {21: "двадцати одного", 22: "двадцати двух"}


def two_digits(n):
    """0..99 in words."""
    if n < 20:
        return ONES[n]
    return TENS[n // 10] + ((" " + ONES[n % 10]) if n % 10 else "")


def three_digits(n):
    """0..999 in words."""
    return " ".join(x for x in (HUNDREDS[n // 100], two_digits(n % 100) if n % 100 else "") if x) or "ноль"


def phone_digits(rng):
    """A telephone number in digits."""
    a = rng.choice([rng.randint(900, 999), rng.choice([495, 499, 812, 843, 846, 383, 861])])
    sep = rng.choice(["-", " ", "-"])
    return f"{rng.choice(['8', '8', '+7'])} {a} {rng.randint(100, 999)}{sep}{rng.randint(0, 99):02d}{sep}{rng.randint(0, 99):02d}"


def syllable(rng):
    return rng.choice(W["onsets"]) + rng.choice(W["vowels"])


def made_up(rng, lo=2, hi=3):
    """A word of no language: only such a name shows whether the model copies or remembers."""
    return "".join(syllable(rng) for _ in range(rng.randint(lo, hi)))


def company(rng, held_out):
    x = rng.random()
    if held_out:
        x = 0.5 + x / 2  # held-out: only synthesised names
    if x < 0.35:
        return rng.choice(W["companies"])
    if x < 0.5:
        return rng.choice(W["company_adjectives"]) + " " + rng.choice(W["company_nouns"])
    w = (made_up(rng) + rng.choice(W["name_endings"])).capitalize()
    return w if rng.random() < 0.8 else w + " " + rng.choice(["плюс", "групп", "сервис", "мед", "строй", "центр"])


def street(rng, held_out):
    n = (
        rng.choice(W["streets"])
        if (rng.random() < 0.35 and not held_out)
        else (made_up(rng, 1, 3) + rng.choice(W["street_endings"])).capitalize()
    )
    return rng.choice(["улица ", "улица ", "улица ", "проспект ", "переулок ", "ул. "]) + n


def address(rng, held_out):
    h = rng.randint(1, 199)
    s = street(rng, held_out)
    x = rng.random()
    if x < 0.35:
        return f"{s}, дом {h}"
    if x < 0.55:
        return f"{s}, {h}"
    if x < 0.75:
        return f"{s}, дом {h}, офис {rng.randint(1, 450)}"
    if x < 0.88:
        return f"{s}, дом {h}, {rng.randint(1, 12)} этаж"
    return f"{s}, {h}, корпус {rng.randint(1, 9)}"


def span(rng):
    """From one hour to another, in one of the ways of writing it."""
    a, b = rng.randint(7, 12), rng.randint(15, 22)
    x = rng.random()
    if x < 0.4:
        return f"с {a} до {b}"
    if x < 0.7:
        m1, m2 = rng.choice(["00", "00", "30", "15", "45"]), rng.choice(["00", "00", "30", "15", "45"])
        return f"с {a}:{m1} до {b}:{m2}"
    return f"с {GENITIVE[a]} до {GENITIVE[b]}"


def opening_hours(rng, held_out):
    x = rng.random()
    wd = rng.choice(
        [
            "пн-пт",
            "в будни",
            "понедельник-пятница",
            "с понедельника по пятницу",
            "по будням",
            "вторник-суббота",
            "с понедельника по четверг",
        ]
    )
    if x < 0.3:
        return f"{rng.choice(['ежедневно', 'каждый день', 'без выходных', 'ежедневно'])} {span(rng)}"
    if x < 0.65:
        return f"{wd} {span(rng)}"
    if x < 0.85:
        return f"{wd} {span(rng)}, {rng.choice(['суббота', 'в субботу', 'сб', 'по выходным'])} {span(rng)}"
    return f"{wd} {span(rng)}, {rng.choice(['воскресенье выходной', 'сб и вс выходной', 'выходные суббота и воскресенье'])}"


def money(rng):
    n = rng.choice(
        [rng.randint(1, 99) * 10, rng.randint(1, 99) * 100, rng.randint(1, 30) * 1000, rng.randint(100, 9999)]
    )
    return f"{n} рублей"


def full_name(rng):
    if rng.random() < 0.5:
        return f"{rng.choice(W['surnames'])} {rng.choice(W['names_man'])}"
    return f"{rng.choice(W['names_woman'])} {rng.choice(W['surnames'])}а"


def station(rng, held_out):
    return (
        rng.choice(W["stations"])
        if rng.random() < 0.4 and not held_out
        else (made_up(rng, 1, 3) + rng.choice(W["street_endings"] + W["name_endings"])).capitalize()
    )


def site(rng):
    w = "".join(rng.choice("bcdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4)))
    return w + rng.choice([".ru", ".ru", ".com", "-group.ru", ".org"])


def thing_value(rng, held_out):
    """The fact about some noun: whatever it may be."""
    x = rng.random()
    if x < 0.3:
        return f"{made_up(rng)} {rng.randint(1, 999)}"
    if x < 0.5:
        return rng.choice(
            [
                "есть",
                "нет",
                "можно",
                "нельзя",
                "по заявке",
                "по договору",
                "у охраны",
                "на входе",
                "в кассе",
                "у администратора",
            ]
        )
    if x < 0.7:
        return money(rng)
    if x < 0.85:
        return f"{rng.choice(['кабинет', 'окно', 'этаж', 'код', 'номер'])} {rng.randint(1, 9999)}"
    return (
        rng.choice(["по ", "каждый "])
        + rng.choice(["понедельникам", "средам", "пятницам", "чётным дням", "запросу", "будням"])
        + " "
        + span(rng)
    )


Value = Callable[[random.Random, bool], str]
RUSSIAN: dict[str, Value] = {
    "hours": opening_hours,
    "addr": address,
    "phone": lambda rng, held_out: phone_digits(rng),
    "site": lambda rng, held_out: site(rng),
    "mail": lambda rng, held_out: rng.choice(["info", "mail", "office", "zakaz", "order"]) + "@" + site(rng),
    "boss": lambda rng, held_out: full_name(rng),
    "park": lambda rng, held_out: (
        rng.choice(["бесплатная", "платная", "есть", "гостевая"])
        + rng.choice([" во дворе", " перед входом", " у здания", " за углом", " через дорогу", " на улице"])
        + rng.choice(["", "", f", {rng.randint(3, 90)} мест", f", {rng.randint(2, 30) * 10} рублей в час"])
    ),
    "deliv": lambda rng, held_out: rng.choice(
        [
            f"бесплатно от {money(rng)}",
            f"{money(rng)} по городу",
            f"{rng.randint(1, 9)} дня, {money(rng)}",
            f"курьером за {rng.randint(1, 12) * 10} минут",
            f"от {money(rng)}",
        ]
    ),
    "pay": lambda rng, held_out: (
        rng.choice(
            [
                "наличными",
                "картой",
                "переводом",
                "по счёту",
                "наличными или картой",
                "картой или по счёту",
                "только наличными",
                "только картой",
                "картой на месте",
                "переводом по номеру",
            ]
        )
        + rng.choice(
            [
                "",
                "",
                ", аванс %d процентов" % (rng.randint(1, 10) * 5),
                ", рассрочка на %d месяцев" % rng.randint(2, 24),
            ]
        )
    ),
    "disc": lambda rng, held_out: rng.choice(
        [
            f"{rng.randint(3, 50)} процентов {rng.choice(['пенсионерам', 'студентам', 'новым клиентам', 'на первый заказ', 'по выходным', 'в день рождения'])}",
            f"{rng.randint(3, 50)} процентов при заказе от {money(rng)}",
        ]
    ),
    "warr": lambda rng, held_out: rng.choice(
        [f"{rng.randint(2, 60)} месяцев", f"{rng.randint(2, 10)} лет", f"{rng.randint(5, 90)} дней"]
    ),
    "ret": lambda rng, held_out: f"в течение {rng.randint(3, 60)} дней" + rng.choice(["", " с чеком", " в упаковке"]),
    "way": lambda rng, held_out: rng.choice(
        [
            f"метро {station(rng, held_out)}, {rng.randint(2, 25)} минут пешком",
            f"автобус {rng.randint(1, 199)}, остановка {station(rng, held_out)}",
            f"от метро {station(rng, held_out)} автобус {rng.randint(1, 199)}",
            f"трамвай {rng.randint(1, 60)} до остановки {station(rng, held_out)}",
        ]
    ),
    "lunch": lambda rng, held_out: rng.choice(
        [f"с {a} до {a + 1}" if x else f"с {a}:30 до {a + 1}:30" for a in (11, 12, 13, 14) for x in (0, 1)]
        + ["без обеда", "без перерыва"]
    ),
    "term": lambda rng, held_out: (
        rng.choice(["от ", "до ", "", "около "])
        + f"{rng.randint(2, 45)} "
        + rng.choice(["дней", "часов", "рабочих дней", "недель"])
    ),
    "docs": lambda rng, held_out: ", ".join(
        rng.sample(
            ["паспорт", "полис", "СНИЛС", "договор", "чек", "права", "заявление", "справка", "ИНН", "доверенность"],
            rng.randint(1, 3),
        )
    ),
    "floor": lambda rng, held_out: rng.choice(
        [
            f"{rng.randint(1, 25)}",
            f"{rng.randint(1, 25)}, направо",
            f"{rng.randint(1, 25)}, налево",
            f"{rng.randint(1, 9)}, комната {rng.randint(1, 450)}",
        ]
    ),
    "bookp": lambda rng, held_out: rng.choice(
        [
            f"за {rng.randint(2, 30)} дней",
            "по телефону",
            "на сайте",
            "живая очередь",
            "без записи",
            f"по {rng.choice(['понедельникам', 'вторникам', 'средам', 'четвергам', 'пятницам'])} {span(rng)}",
        ]
    ),
    "vac": lambda rng, held_out: (
        rng.choice(
            ["нет", "водитель", "повар", "курьер", "бухгалтер", "продавец", "монтажник", "оператор", "администратор"]
        )
        + rng.choice(["", f", зарплата {rng.randint(30, 200)} тысяч"])
    ),
    "today": lambda rng, held_out: (
        rng.choice("понедельник вторник среда четверг пятница суббота воскресенье".split())
        + f", {rng.randint(0, 23)}:{rng.randint(0, 59):02d}"
    ),
}
ENGLISH: dict[str, Value] = {
    "hours": lambda rng, held_out: (
        f"{rng.choice(['Monday to Friday', 'daily', 'weekdays', 'Tuesday to Sunday'])} {rng.choice(['from', 'from'])} {rng.randint(7, 11)} to {rng.randint(15, 22)}"
    ),
    "addr": lambda rng, held_out: (
        f"{rng.randint(1, 199)} {''.join(rng.choice('bdfgklmnprstv') + rng.choice('aeiou') for _ in range(rng.randint(2, 3))).capitalize()} {rng.choice(['street', 'avenue', 'road'])}"
    ),
    "price": lambda rng, held_out: f"{rng.randint(5, 500)} {rng.choice(['dollars', 'euros', 'rubles'])}",
    "phone": lambda rng, held_out: phone_digits(rng),
    "park": lambda rng, held_out: (
        rng.choice(["free", "paid", "available"])
        + rng.choice([" behind the building", " near the entrance", " across the street"])
    ),
    "site": lambda rng, held_out: site(rng),
}

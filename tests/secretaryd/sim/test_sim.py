"""What operators say of a balance, and what is wrong with a SIM."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.sim.balance import balance_of
from secretaryd.sim.facts import DAY, SimKnown, sim_facts
from secretaryd.sim.operators import balance_code

TEXTS = [
    ("Баланс: 152.30 руб.", "152.30"),
    ("Баланс:152,30р.", "152.30"),
    ("Ваш баланс 1 234,56 руб. Пакеты: 5 ГБ, 100 мин.", "1234.56"),
    ("Ваш баланс: минус 12.50 руб. Пополните счёт.", "-12.50"),
    ("Баланс -5,12 р", "-5.12"),
    ("На счете 100 р. 5 коп.", "100.05"),
    ("На вашем счёте 0 руб. 50 коп.", "0.50"),
    ("Balans: 99.5 rub. Podklyuchite avtoplatezh *100#", "99.50"),
    ("Na schete 250.00r. Bonus 10", "250.00"),
    ("Balance 12.00 RUB", "12.00"),
    ("5 SMS, 100 мин. Остаток на счете: 75.40 руб.", "75.40"),
    ("Абонентская плата 300 руб. Баланс 20.15 руб.", "20.15"),
    ("Доступно 64,20 ₽", "64.20"),
    ("152.30", "152.30"),
    ("-3,5", "-3.50"),
    ("Баланс временно недоступен", None),
    ("Услуга недоступна", None),
    ("Наберите *111# для меню", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "roubles"), TEXTS)
def test_the_balance_in_the_operators_words(text: str, roubles: str | None) -> None:
    assert balance_of(text) == (None if roubles is None else Decimal(roubles))


@given(st.text(max_size=200))
def test_any_text_has_a_balance_or_none(text: str) -> None:
    found = balance_of(text)
    assert found is None or abs(found) < 10_000_000


@given(st.decimals(-99999, 99999, places=2))
def test_a_balance_is_read_as_it_was_written(amount: Decimal) -> None:
    assert balance_of(f"Баланс: {amount:.2f} руб.") == amount


@pytest.mark.parametrize(
    ("operator", "code"),
    [
        ("MTS RUS", "*100#"), ("MegaFon", "*100#"), ("Beeline", "*102#"), ("BEE LINE", "*102#"), ("Tele2 RU", "*105#"),
        ("T2", "*105#"), ("YOTA", "*100#"), ("Rostelecom", "*102#"), ("25099", "*102#"), ("Vodafone", ""), ("", ""),
    ],
)  # fmt: skip
def test_how_an_operator_is_asked(operator: str, code: str) -> None:
    assert balance_code(operator) == code
    assert balance_code(operator, "*123#") == "*123#"


NOW = 1_795_000_000.0
FACTS = [
    (SimKnown(), []),
    (SimKnown(balance=Decimal("49.99"), balance_at=NOW - 60), ["sim.balance_low"]),
    (SimKnown(balance=Decimal("50"), balance_at=NOW - 60), []),
    (SimKnown(balance=Decimal("-10"), balance_at=NOW - 8 * DAY), []),
    (SimKnown(seen_at=NOW - 46 * DAY), ["sim.unused"]),
    (SimKnown(seen_at=NOW - 46 * DAY, used_at=NOW - DAY), []),
    (SimKnown(seen_at=NOW - 400 * DAY, used_at=NOW - 50 * DAY), ["sim.unused"]),
    (SimKnown(seen_at=NOW - 10 * DAY), []),
]


@pytest.mark.parametrize(("known", "codes"), FACTS)
def test_what_the_owner_is_told(known: SimKnown, codes: list[str]) -> None:
    assert [fact.code for fact in sim_facts(known, Decimal(50), NOW)] == codes

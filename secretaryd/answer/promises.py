"""Words that a caller could hold the company to. PURE."""

from typing import Final

from secretaryd.answer.words import plain_words

_PROMISES: Final = (
    "бесплатн", "даром", "скидк", "акци", "подар", "бонус", "дешевл", "льгот", "гарант", "возвр", "верн", "обмен",
    "компенс", "обеща", "обязательн", "рассроч", "кредит", "распродаж", "безопасн", "обойд", "стои", "цен", "платн",
    "free", "discount", "guarant", "refund", "promis", "cheap", "warrant", "gift", "bonus", "price", "cost",
)  # fmt: skip
"""Beginnings of words that a caller could hold the company to."""


def promises(text: str) -> frozenset[str]:
    """The beginnings out of the table that occur in a text."""
    words = plain_words(text)
    return frozenset(stem for stem in _PROMISES if any(word.startswith(stem) for word in words))

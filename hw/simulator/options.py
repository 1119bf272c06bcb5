"""Checks values from TOML and JSON against type hints, collecting every problem."""

from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin


class OptionError(Exception):
    """A profile, scenario or fault that cannot be used; `problems` lists everything wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def check(value: object, hint: object) -> str | None:
    """What is wrong with `value` for a field of type `hint` (str, int, float, bool, Literal, any of them | None)."""
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        return None if value in allowed else f"must be one of {', '.join(map(str, allowed))}, not {value!r}"
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        return None if value is None and NoneType in get_args(hint) else check(value, parts[0])
    fits = (
        isinstance(value, int | float) and not isinstance(value, bool)
        if hint is float
        else isinstance(value, int) and not isinstance(value, bool)
        if hint is int
        else isinstance(value, hint)  # type: ignore[arg-type]
    )
    return None if fits else f"must be {_NAMES.get(hint, str(hint))}, not {value!r}"  # type: ignore[call-overload]

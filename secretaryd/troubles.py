"""What went wrong and outlives its moment, until it is well again."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Troubles:
    """What happened that outlives its moment: set by whoever saw it."""

    codes: dict[str, str] = field(default_factory=dict)

    def note(self, code: str, detail: str = "") -> None:
        """Until `clear`."""
        self.codes[code] = detail

    def clear(self, code: str) -> None:
        """It is well again."""
        self.codes.pop(code, None)

"""Why an edit was not made."""


class OwnerError(Exception):
    """Root of what `secretaryd.owner` raises."""


class Rejected(OwnerError):
    """The edit would leave something that cannot be used; `problems` has every reason. Nothing was changed."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Unknown(OwnerError):
    """There is no such entry, fact or persona; the text is its name."""


class Stale(OwnerError):
    """Somebody changed it meanwhile; the text names the file."""


class NotWritten(OwnerError):
    """The disk refused; the text says why."""

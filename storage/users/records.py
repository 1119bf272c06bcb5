"""What is kept of a user. Times are UTC epoch seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserRecord:
    """Somebody who may sign in; what a role or a grant (beyond the role) lets him do is not storage's to know."""

    name: str
    role: str
    disabled: bool
    created: float
    grants: tuple[str, ...] = ()

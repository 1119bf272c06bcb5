"""Events of the board."""

from secretaryd.control.protocol.base import Message


class ButtonUsed(Message, frozen=True, kw_only=True, tag="board.button"):
    """Somebody used the button. `press`: the ringing is to be hushed; `hold`: the address of the page is wanted, and
    stands in `address` ("" where the box has none)."""

    gesture: str
    address: str = ""


Events = ButtonUsed

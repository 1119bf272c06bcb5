"""What a process of the box can die of."""


class CannotStart(Exception):
    """A process cannot start; the text says what and how to mend it. Exit code 3."""

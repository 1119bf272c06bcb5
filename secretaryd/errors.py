"""What a process of the box can die of."""


class RestartWanted(Exception):
    """Everything was closed cleanly, and the process is to begin anew: what was restored is then in force."""


class CannotStart(Exception):
    """A process cannot start; the text says what and how to mend it. Exit code 3."""

"""secretaryctl users: who may use the page."""

import argparse
import io
from typing import Any, Final

import segno
from rich.table import Table

from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.text import safe
from secretaryd.control.protocol.users import ChangeUser, InviteUser, ListUsers, RemoveUser, ShowSetUp, UnlockUser

ROLES: Final = ("admin", "operator", "editor", "viewer")


def add(command: Command) -> None:
    """Adds the commands."""
    setting = command("setup", "the link with which the first owner begins, also as QR code")
    setting.add_argument("--no-qr", action="store_true", help="the link alone")
    setting.set_defaults(run=set_up)
    group = command("users", "who may use the page").add_subparsers(required=True, metavar="ACTION")
    command("list", "users and their roles", group).set_defaults(run=list_users)
    inviting = command("invite", "a link to set a password with; without a name: for the first owner", group)
    inviting.add_argument("name", metavar="NAME", nargs="?", default="")
    inviting.add_argument("--role", choices=ROLES, default="admin")
    inviting.set_defaults(run=invite)
    role = command("role", "another role", group)
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", choices=ROLES)
    role.set_defaults(run=set_role)
    for name, words, disabled in (("disable", "out at once", True), ("enable", "in again", False)):
        switch = command(name, words, group)
        switch.add_argument("name", metavar="NAME")
        switch.set_defaults(run=switched, disabled=disabled)
    granting = command("grant", "what a user may beyond the role: calls.read, calls.act, messages.read, …", group)
    granting.add_argument("name", metavar="NAME")
    granting.add_argument("grants", metavar="GRANT", nargs="*", help="all of them; none takes every one back")
    granting.set_defaults(run=grant)
    unlocking = command("unlock", "forgive failed sign-ins; without a name: everybody's", group)
    unlocking.add_argument("name", metavar="NAME", nargs="?", default="")
    unlocking.set_defaults(run=unlock)
    removing = command("remove", "for good", group)
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=remove)


def set_up(context: Context, options: argparse.Namespace) -> int:
    """The first owner's link, as text and as a QR code."""

    def show(answer: dict[str, Any]) -> None:
        if answer["link"] is None:
            context.console.print("The box has its owner. A link for another: secretaryctl users invite NAME")
            return
        context.console.print(safe(answer["link"]), highlight=False, soft_wrap=True)
        if not options.no_qr:
            drawn = io.StringIO()
            segno.make(answer["link"], error="l").terminal(out=drawn, compact=True)
            context.console.file.write(drawn.getvalue())
        context.console.print(f"[dim]once, until {local_time(answer['expires'])}[/]", highlight=False)

    return context.answer(context.door.ask(ShowSetUp()), show)


def list_users(context: Context, _: argparse.Namespace) -> int:
    """A table of users."""

    def show(answer: dict[str, Any]) -> None:
        if not answer["users"]:
            context.console.print("No users yet. A link for the first owner: secretaryctl users invite")
            return
        table = Table("name", "role", "and", "since", "", box=None, padding=(0, 2, 0, 0))
        for user in answer["users"]:
            off = "[yellow]disabled[/]" if user["disabled"] else ""
            table.add_row(
                safe(user["name"]), safe(user["role"]), safe(" ".join(user["grants"])), local_time(user["created"]), off
            )
        context.console.print(table)

    return context.answer(context.door.ask(ListUsers()), show)


def invite(context: Context, options: argparse.Namespace) -> int:
    """Prints the link; it is shown this once."""

    def show(answer: dict[str, Any]) -> None:
        context.console.print(safe(answer["link"]), highlight=False, soft_wrap=True)
        context.console.print(f"[dim]once, until {local_time(answer['expires'])}[/]", highlight=False)

    return context.answer(context.door.ask(InviteUser(name=options.name, role=options.role)), show)


def set_role(context: Context, options: argparse.Namespace) -> int:
    """Another role."""
    return _changed(context, ChangeUser(name=options.name, role=options.role))


def switched(context: Context, options: argparse.Namespace) -> int:
    """Out, or in again."""
    return _changed(context, ChangeUser(name=options.name, disabled=options.disabled))


def grant(context: Context, options: argparse.Namespace) -> int:
    """What a user may beyond the role."""
    return _changed(context, ChangeUser(name=options.name, grants=tuple(options.grants)))


def unlock(context: Context, options: argparse.Namespace) -> int:
    """Failed sign-ins are forgiven."""
    answer = context.door.ask(UnlockUser(name=options.name))
    return context.answer(answer, lambda _: context.console.print("unlocked"))


def remove(context: Context, options: argparse.Namespace) -> int:
    """For good."""
    answer = context.door.ask(RemoveUser(name=options.name))
    return context.answer(answer, lambda _: context.console.print("removed"))


def _changed(context: Context, request: ChangeUser) -> int:
    def show(user: dict[str, Any]) -> None:
        state = "disabled" if user["disabled"] else safe(user["role"])
        context.console.print(f"{safe(user['name'])}: {state}", highlight=False)

    return context.answer(context.door.ask(request), show)

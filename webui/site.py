"""The groups of pages. A new one is a module with its `ENTRIES` and its pages, and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.routing import BaseRoute

from webui import (
    account,
    audit,
    backup,
    calls,
    changes,
    chat,
    contacts,
    dashboard,
    doctor,
    faq,
    help_pages,
    kept,
    live,
    logs,
    models,
    people,
    persona,
    restart,
    settings,
    sms,
    tasks,
    trial,
    trust,
    users,
    wizard,
)
from webui.api.routes import Api
from webui.auth.gate import Gate
from webui.call_acts import CallActs
from webui.feed import Feeds
from webui.menu import Entry
from webui.ports import LiveDesk, StatusDesk
from webui.render import Renderer
from webui.trust import Trust


@dataclass(frozen=True, slots=True)
class Parts:
    """What pages are made with."""

    status: StatusDesk
    requests: LiveDesk
    gate: Gate
    renderer: Renderer
    feeds: Feeds
    trust: Trust | None = None
    """Of HTTPS; None where the page speaks plain HTTP."""


class Pages(Protocol):
    """A group of pages."""

    def routes(self) -> list[BaseRoute]:
        """Each made by `webui.auth.guard`, so that it says what it needs."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of pages: what of it stands in the navigation, and how it is made."""

    entries: tuple[Entry, ...]
    make: Callable[[Parts], Pages]


GROUPS: Final = (
    Group(
        dashboard.ENTRIES,
        lambda parts: dashboard.of(parts.status, parts.requests, parts.renderer, parts.feeds, parts.gate.wizard),
    ),
    Group(live.ENTRIES, lambda parts: live.LivePages(parts.requests, parts.renderer, parts.feeds)),
    Group(calls.ENTRIES, lambda parts: calls.CallPages(parts.requests, parts.renderer)),
    Group((), lambda parts: CallActs(parts.requests, parts.renderer)),
    Group(chat.ENTRIES, lambda parts: chat.ChatPages(parts.requests, parts.renderer)),
    Group(sms.ENTRIES, lambda parts: sms.SmsPages(parts.requests, parts.renderer)),
    Group(contacts.ENTRIES, lambda parts: contacts.ContactPages(parts.requests, parts.renderer)),
    Group(faq.ENTRIES, lambda parts: faq.FaqPages(parts.requests, parts.renderer)),
    Group(persona.ENTRIES, lambda parts: persona.PersonaPages(parts.requests, parts.renderer)),
    Group(settings.ENTRIES, lambda parts: settings.SettingsPages(parts.requests, parts.renderer)),
    Group((), lambda parts: restart.RestartPages(parts.requests, parts.renderer)),
    Group(changes.ENTRIES, lambda parts: changes.ChangePages(parts.requests, parts.renderer)),
    Group(
        doctor.ENTRIES,
        lambda parts: doctor.DoctorPages(parts.status, parts.requests, parts.renderer, parts.feeds),
    ),
    Group(models.ENTRIES, lambda parts: models.ModelPages(parts.requests, parts.renderer, parts.feeds)),
    Group(tasks.ENTRIES, lambda parts: tasks.TaskPages(parts.requests, parts.renderer, parts.feeds)),
    Group(backup.ENTRIES, lambda parts: backup.BackupPages(parts.requests, parts.renderer, parts.feeds)),
    Group(logs.ENTRIES, lambda parts: logs.of(parts.requests, parts.renderer, parts.feeds)),
    Group((), lambda parts: trial.TrialPages(parts.requests, parts.renderer)),
    Group(kept.ENTRIES, lambda parts: kept.KeptPages(parts.requests, parts.renderer, parts.feeds)),
    Group(people.ENTRIES, lambda parts: people.PeoplePages(parts.gate, parts.renderer)),
    Group((), lambda parts: Api(parts.status, parts.requests, parts.renderer, parts.gate)),
    Group(account.ENTRIES, lambda parts: account.AccountPages(parts.gate, parts.renderer)),
    Group(users.ENTRIES, lambda parts: users.UserPages(parts.requests, parts.gate, parts.renderer)),
    Group(audit.ENTRIES, lambda parts: audit.AuditPages(parts.requests, parts.renderer)),
    Group(wizard.ENTRIES, lambda parts: wizard.of(parts.requests, parts.status, parts.gate, parts.renderer)),
    Group(help_pages.ENTRIES, lambda parts: help_pages.HelpPages(parts.renderer)),
    Group(trust.ENTRIES, lambda parts: trust.TrustPages(parts.trust, parts.renderer)),
)


def entries() -> tuple[Entry, ...]:
    """Everything that the navigation knows."""
    return tuple(entry for group in GROUPS for entry in group.entries)


def routes(parts: Parts) -> list[BaseRoute]:
    """Every page of every group."""
    return [route for group in GROUPS for route in group.make(parts).routes()]

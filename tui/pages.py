"""All pages: the key that opens each, and where it is. A page is imported when it is first opened."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """`in_line`: named in the line at the top; the others are found in the menu."""

    key: str
    module: str
    page: str
    in_line: bool = False


PAGES: Final[dict[str, Place]] = {
    "dashboard": Place("1", "tui.screens.dashboard", "Dashboard", in_line=True),
    "live": Place("2", "tui.screens.live", "Live", in_line=True),
    "calls": Place("3", "tui.screens.calls", "CallsPage", in_line=True),
    "messages": Place("4", "tui.screens.messages", "MessagesPage", in_line=True),
    "sms": Place("5", "tui.screens.sms", "SmsPage", in_line=True),
    "contacts": Place("6", "tui.screens.contacts", "ContactsPage", in_line=True),
    "faq": Place("7", "tui.screens.faq", "FaqPage", in_line=True),
    "persona": Place("8", "tui.screens.persona", "PersonaPage"),
    "health": Place("9", "tui.screens.health", "HealthPage"),
    "models": Place("f5", "tui.screens.models", "ModelsPage"),
    "backup": Place("f6", "tui.screens.backup", "BackupPage"),
    "settings": Place("f2", "tui.screens.settings", "SettingsPage"),
    "logs": Place("f3", "tui.screens.logs", "LogsPage"),
    "audit": Place("f4", "tui.screens.audit", "AuditPage"),
    "tasks": Place("f7", "tui.screens.tasks", "TasksPage"),
    "sim": Place("f8", "tui.screens.sim", "SimPage"),
    "users": Place("f10", "tui.screens.users", "UsersPage"),
    "secrets": Place("f11", "tui.screens.secrets", "SecretsPage"),
    "privacy": Place("f12", "tui.screens.privacy", "PrivacyPage"),
    "menu": Place("0", "tui.screens.menu", "Menu", in_line=True),
}

"""All of the API together."""

from dataclasses import dataclass

from starlette.routing import BaseRoute

from webui.api.audit import AuditApi
from webui.api.backup import BackupApi
from webui.api.care import CareApi
from webui.api.chat import ChatApi
from webui.api.contacts import ContactsApi
from webui.api.desk import Tools
from webui.api.faq import FaqApi
from webui.api.health import HealthApi
from webui.api.hearing import HearingSocket
from webui.api.messages import MessagesApi
from webui.api.models import ModelsApi
from webui.api.openapi import OpenApiPages
from webui.api.operation import Operation
from webui.api.personas import PersonasApi
from webui.api.recordings import RecordingsApi
from webui.api.settings import SettingsApi
from webui.api.speech import SpeechApi
from webui.api.telephony import TelephonyApi
from webui.auth.api import AuthApi
from webui.auth.gate import Gate
from webui.ports import LiveDesk, StatusDesk
from webui.render import Renderer


def operations_of(status: StatusDesk, tools: Tools, gate: Gate) -> tuple[Operation, ...]:
    """Every operation, in the order in which they are matched and shown."""
    topics = (
        HealthApi(status, tools),
        TelephonyApi(tools),
        RecordingsApi(tools),
        MessagesApi(tools),
        ContactsApi(tools),
        FaqApi(tools),
        PersonasApi(tools),
        ChatApi(tools),
        SpeechApi(tools),
        ModelsApi(tools),
        BackupApi(tools),
        SettingsApi(tools),
        CareApi(tools),
        AuditApi(tools),
        AuthApi(gate, tools.renderer),
    )
    return tuple(operation for topic in topics for operation in topic.operations())


@dataclass(frozen=True, slots=True)
class Api:
    """A group of pages as any other."""

    status: StatusDesk
    desk: LiveDesk
    renderer: Renderer
    gate: Gate

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        tools = Tools(self.desk, self.renderer)
        operations = operations_of(self.status, tools, self.gate)
        return [
            *(operation.route() for operation in operations),
            *HearingSocket(tools).routes(),
            *OpenApiPages(operations, self.renderer).routes(),
        ]

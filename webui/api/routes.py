"""All of the API together."""

from dataclasses import dataclass

from starlette.routing import BaseRoute

from webui.api.audit import AuditApi
from webui.api.backup import BackupApi
from webui.api.chat import ChatApi
from webui.api.desk import Tools
from webui.api.faq import FaqApi
from webui.api.health import HealthApi
from webui.api.hearing import HearingSocket
from webui.api.models import ModelsApi
from webui.api.openapi import OpenApiPages
from webui.api.operation import Operation
from webui.api.recordings import RecordingsApi
from webui.api.speech import SpeechApi
from webui.api.telephony import TelephonyApi
from webui.ports import LiveDesk, StatusDesk
from webui.render import Renderer


def operations_of(status: StatusDesk, tools: Tools) -> tuple[Operation, ...]:
    """Every operation, in the order in which they are matched and shown."""
    topics = (
        HealthApi(status, tools),
        TelephonyApi(tools),
        RecordingsApi(tools),
        FaqApi(tools),
        ChatApi(tools),
        SpeechApi(tools),
        ModelsApi(tools),
        BackupApi(tools),
        AuditApi(tools),
    )
    return tuple(operation for topic in topics for operation in topic.operations())


@dataclass(frozen=True, slots=True)
class Api:
    """A group of pages as any other."""

    status: StatusDesk
    desk: LiveDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        tools = Tools(self.desk, self.renderer)
        operations = operations_of(self.status, tools)
        return [
            *(operation.route() for operation in operations),
            *HearingSocket(tools).routes(),
            *OpenApiPages(operations, self.renderer).routes(),
        ]

"""The whole API as it describes itself, against the true page process and the true core of a simulated box: whatever
comes in, no error of the server's own, and no answer that the description does not know."""

import asyncio
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from secretaryd.control.protocol.users import InviteUser
from tests.fakes.box import Box, running
from tests.fakes.page_box import PASSWORD

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
ELSEWHERE: Final = {
    "post_admin_backup_restore": "ends the core under the other tests",
    "post_admin_restart": "starts the box anew under the other tests",
    "post_admin_models_install": "reaches for the internet",
    "post_admin_auth_logout": "ends the login of the other tests",
}
"""Operations that are asked beside this, and why."""
MANY: Final = 20
FEW: Final = 2
SLOW: Final = ("stt", "tts", "messages", "ussd", "doctor", "auth_login")
"""What these words stand in takes a second each time."""

pytestmark = [pytest.mark.call, pytest.mark.plays]


@schemathesis.serializer("audio/wav")
def as_it_is(_: Any, value: Any) -> bytes:
    """Sound, or what somebody takes for it."""
    return bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode()


async def token_of(box: Box, url: str) -> str:
    """Of the first owner, who comes by his invitation."""
    made = await box.control.ask(InviteUser())
    async with httpx2.AsyncClient(base_url=url) as http:
        form = {"token": made["token"], "user": "anna", "password": PASSWORD, "again": PASSWORD}
        came = await http.post("/welcome", data=form, headers={"sec-fetch-site": "same-origin"})
        assert came.status_code == 303, came.text
        http.cookies.clear()
        login = await http.post("/admin/auth/login", json={"user": "anna", "password": PASSWORD})
        return str(login.json()["access_token"])


def ask_all(url: str, token: str) -> list[str]:
    """What went against the description, operation by operation."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
    found: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name in ELSEWHERE:
            continue
        count = FEW if any(word in name for word in SLOW) else MANY
        for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
            found += probed(name, operation, mode, count, headers)
    return found


def probed(name: str, operation: Any, mode: GenerationMode, count: int, headers: dict[str, str]) -> list[str]:
    """Some bodies and parameters that are as described, or that are not."""

    @settings(max_examples=count, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def probe(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=60)

    try:
        probe()
    except Unsatisfiable:
        return []  # nothing can be wrong with a request that takes nothing
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 (all of them are told at the end)
        return [f"{name}: {error}"]
    return []


async def test_whatever_comes_in_the_answer_is_one_that_the_description_knows(tmp_path: Path) -> None:
    async with running(tmp_path) as box:
        url = f"http://127.0.0.1:{box.web_port}"
        found = await asyncio.to_thread(ask_all, url, await token_of(box, url))
    assert not found, "\n\n".join(found)

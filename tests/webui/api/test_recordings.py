"""A recording over HTTP: whole, in parts, and not again where the asker has it."""

import base64
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from secretaryd.control.protocol.archive import GetRecording
from webui.api.desk import Tools
from webui.api.recordings import RecordingsApi
from webui.auth.roles import Permission
from webui.limits import Limiter

SOUND = bytes(range(256)) * 4
PIECE = 100
TAG = '"call.opus-1024"'


class Core:
    """Gives a recording in small pieces, as the core does in larger ones."""

    async def ask(self, request: Any, actor: str) -> Any:
        assert isinstance(request, GetRecording)
        assert request.id == 7
        content = SOUND[request.offset : request.offset + PIECE]
        plain = base64.b64encode(content).decode()
        return {"name": "call.opus", "size": len(SOUND), "offset": request.offset, "content": plain}


@pytest.fixture
def client() -> TestClient:
    api = RecordingsApi(Tools(Core(), None))  # type: ignore[arg-type]
    (route,) = [each.route() for each in api.operations() if each.path.endswith("recording")]
    route.needs = Permission.PUBLIC  # who may is the guard's, and tested there
    app = Starlette(routes=[route])
    app.state.limiter = Limiter()
    return TestClient(app, headers={"accept": "*/*"})


PARTS = [
    ({}, 200, SOUND, None),
    ({"range": "bytes=0-"}, 206, SOUND, "bytes 0-1023/1024"),
    ({"range": "bytes=250-459"}, 206, SOUND[250:460], "bytes 250-459/1024"),
    ({"range": "bytes=-5"}, 206, SOUND[-5:], "bytes 1019-1023/1024"),
    ({"range": "bytes=0-5", "if-range": TAG}, 206, SOUND[:6], "bytes 0-5/1024"),
    ({"range": "bytes=0-5", "if-range": '"other"'}, 200, SOUND, None),
    ({"range": "bytes=-"}, 200, SOUND, None),
    ({"range": "bytes=1024-"}, 416, None, "bytes */1024"),
    ({"if-none-match": TAG}, 304, b"", None),
]


@pytest.mark.parametrize(("headers", "status", "body", "span"), PARTS)
def test_a_recording_is_had_whole_and_in_parts(
    client: TestClient, headers: dict[str, str], status: int, body: bytes | None, span: str | None
) -> None:
    answer = client.get("/admin/telephony/calls/7/recording", headers=headers)
    assert (answer.status_code, answer.headers.get("content-range")) == (status, span)
    if body is not None:
        assert answer.content == body
    if status in (200, 206):
        assert answer.headers["content-type"] == "audio/ogg"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers["etag"] == TAG

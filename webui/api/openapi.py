"""The API described by its own declarations: `/openapi.json`, and a page for people at `/admin/api`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from webui.api.operation import EVENTS, JSON, LANGUAGE, LONGEST_NAME, VERSION, VERSION_HEADER, Operation
from webui.auth.guard import MAX_ID, page
from webui.auth.roles import Permission
from webui.i18n import LANGUAGES
from webui.problem import Problem
from webui.render import Renderer

PATH: Final = "/openapi.json"
SHOWN_AT: Final = "/admin/api"
PROBLEM: Final = "application/problem+json"
REFUSED: Final = {
    400: "What the box cannot do as it is asked.",
    401: "Nobody is signed in, or the token is over.",
    403: "Not allowed to this user, or to this key.",
    404: "There is no such thing.",
    409: "Not now: something else is under way, or there is nothing to do it to.",
    413: "Too large.",
    415: "Not of the media type that is wanted.",
    416: "The range lies outside.",
    422: "Not what it should be; `detail` says where.",
    429: "Too often; `Retry-After` says when again.",
    502: "The operator or the modem refused.",
    503: "The core, or a part of the box, does not answer.",
    504: "The operator did not answer in time.",
}
USUAL: Final = (400, 403, 404, 409, 422, 429, 503)
PUBLIC: Final = (422, 429, 503)
WITH_BODY: Final = (413, 415)
TEMPLATE: Final = "#/components/schemas/{name}"
PARAMETER: Final = re.compile(r"{(\w+)(?::(\w+))?}")


def document(operations: Sequence[Operation], described: str) -> dict[str, Any]:
    """OpenAPI 3.1. PURE."""
    types = [kind for each in operations for kind in (each.body, each.answer) if kind is not None]
    queries = [each.query for each in operations]
    schemas, components = msgspec.json.schema_components([*types, *queries, Problem], ref_template=TEMPLATE)
    schema_of = dict(zip(map(str, [*types, *queries, Problem]), schemas, strict=True))
    used = {name: schema for name, schema in components.items() if name not in {kind.__name__ for kind in queries}}
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        path = PARAMETER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, schema_of, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Secretary box", "version": f"{VERSION}.0.0", "description": described},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": used,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "/admin/auth/login, or a personal key."},
                "session": {"type": "apiKey", "in": "cookie", "name": "secretary"},
                "csrf": {"type": "apiKey", "in": "header", "name": "x-csrf-token"},
            },
        },
    }


def _operation(each: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "tags": [each.path.strip("/").split("/")[1] if each.path.startswith("/admin/") else "box"],
        "x-permission": str(each.needs),
        "parameters": [*_path_parameters(each), *_query_parameters(each, components)],
        "responses": _responses(each, schema_of),
    }
    if each.needs is Permission.PUBLIC:
        found["security"] = [{}, {"bearer": []}]
    if each.body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schema_of[str(each.body)]}}}
    elif each.raw:
        binary = {"schema": {"type": "string", "format": "binary"}}
        found["requestBody"] = {"required": True, "content": {each.raw: binary}}
    return found


def _path_parameters(each: Operation) -> Iterable[dict[str, Any]]:
    for name, kind in PARAMETER.findall(each.path):
        whole = {"type": "integer", "minimum": 0, "maximum": MAX_ID}
        schema = whole if kind == "int" else {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(each: Operation, components: dict[str, Any]) -> Iterable[dict[str, Any]]:
    schema = components[each.query.__name__]
    for name, described in schema["properties"].items():
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": described}
        if "description" in described:
            parameter["description"] = described["description"]
        yield parameter
    yield {"name": LANGUAGE, "in": "query", "schema": {"type": "string", "enum": list(LANGUAGES)}, "required": False}


def _responses(each: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    headers = {VERSION_HEADER: {"schema": {"type": "string"}, "description": "Version of the API."}}
    content: dict[str, Any] = {kind: {"schema": _binary(kind)} for kind in each.media}
    if each.answer is not None:
        content[JSON] = {"schema": schema_of[str(each.answer)]}
    good: dict[str, Any] = {"description": "Done.", "headers": headers}
    if content:
        good["content"] = content
    found = {str(each.status if content else 204): good}
    if each.partial:
        found["206"] = {"description": "A part.", "content": content, "headers": headers}
    if each.cached:
        found["304"] = {"description": "As it was: see ETag."}
    refusals = [*(PUBLIC if each.needs is Permission.PUBLIC else (401, *USUAL)), *each.also]
    refusals += [*(WITH_BODY if each.body or each.raw else ()), *((416,) if each.partial else ())]
    if each.path == "/metrics":
        refusals.append(401)
    refused = {"schema": schema_of[str(Problem)]}
    for status in sorted(set(refusals)):
        shown = {JSON: content[JSON]} if each.path == "/health" and status == 503 else {PROBLEM: refused}
        found[str(status)] = {"description": REFUSED[status], "content": shown}
    return found


def _binary(kind: str) -> dict[str, Any]:
    if kind == EVENTS:  # each of them: its kind, and JSON as the control protocol has it
        return {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
    return {"type": "string"} if kind.startswith("text/") else {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class OpenApiPages:
    """Open to those who are signed in: it says nothing secret, and nobody else needs it."""

    operations: tuple[Operation, ...]
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """The document, and the page."""
        return [
            page(PATH, self.document, Permission.PUBLIC),
            page(SHOWN_AT, self.show, Permission.SIGNED_IN),
        ]

    async def document(self, request: Request) -> Response:
        """For programs."""
        found = document(self.operations, self.renderer.say(request)("api.about"))
        return Response(msgspec.json.encode(found), media_type=JSON, headers={"cache-control": "private, no-cache"})

    async def show(self, request: Request) -> Response:
        """For people: every operation with what it takes and answers."""
        found = document(self.operations, "")
        return self.renderer.page(request, "api.html", topics=_topics(found), schemas=found["components"]["schemas"])


def _topics(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    topics: dict[str, list[dict[str, Any]]] = {}
    for path, methods in found["paths"].items():
        for method, one in methods.items():
            shown = {"method": method.upper(), "path": path, **one}
            shown["needs"] = one["x-permission"]
            body = one.get("requestBody", {}).get("content", {})
            shown["takes"] = [(kind, _name(value["schema"])) for kind, value in body.items()]
            shown["answers"] = [
                (status, [(kind, _name(value["schema"])) for kind, value in answer.get("content", {}).items()])
                for status, answer in one["responses"].items()
                if int(status) < 400
            ]
            topics.setdefault(one["tags"][0], []).append(shown)
    return topics


def _name(schema: dict[str, Any]) -> str:
    """Of a schema that has one."""
    return str(schema.get("$ref", "")).rpartition("/")[2]

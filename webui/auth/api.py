"""`/admin/auth/…`: a program's login, and its owner's personal keys."""

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from webui.api.operation import Asked, Operation
from webui.auth.bearer import Pair, scopes_of
from webui.auth.gate import Gate, Refusal, Refused
from webui.auth.passwords import MAX_LENGTH
from webui.auth.roles import Permission
from webui.auth.token_store import ApiKey
from webui.auth.visitor import Visitor
from webui.forms import visitor_of
from webui.limits import Limit
from webui.problem import problem
from webui.render import Renderer

AUTH: Final = "/admin/auth"
BODY: Final = 8 * 1024
MAX_DAYS: Final = 3650
REFUSALS: Final = (401, 403)
"""Of what is open to everybody: wrong words, and a browser that came from elsewhere."""
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/auth/login."""

    user: Short
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LENGTH)]
    code: Annotated[str, msgspec.Meta(max_length=32)] = ""
    """Of the second factor, where the user has one: else the answer is 401 with the code "code"."""


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/auth/refresh."""

    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/auth/keys. Without `days` it does not expire."""

    name: Short
    scopes: Annotated[list[Permission], msgspec.Meta(min_length=1, max_length=64)]
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """As RFC 6749, 5.1."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    token_type: str = "Bearer"  # noqa: S105 (a name)


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A personal key; `key` is there once, when it was made. Times are UTC epoch seconds."""

    id: str
    name: str
    scopes: list[str]
    created: float
    expires: float | None
    last_used: float | None
    key: str | None = None


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The asker's own."""

    keys: list[Key]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """GET /admin/auth/me."""

    user: str
    role: str
    permissions: list[str]


@dataclass(frozen=True, slots=True)
class AuthApi:
    """Login, refresh, logout; keys, which no key can make."""

    gate: Gate
    renderer: Renderer

    def operations(self) -> list[Operation]:
        """Each says what it needs."""
        public, own, keys = Permission.PUBLIC, Permission.SIGNED_IN, f"{AUTH}/keys"
        return [
            Operation(
                method="POST", path=f"{AUTH}/login", needs=public, does=self.log_in, body=Login, most=BODY,
                limit=Limit.LOGIN, answer=Tokens, also=REFUSALS,
            ),
            Operation(
                method="POST", path=f"{AUTH}/refresh", needs=public, does=self.refresh, body=Refresh, most=BODY,
                limit=Limit.LOGIN, answer=Tokens, also=REFUSALS,
            ),
            Operation(method="POST", path=f"{AUTH}/logout", needs=own, does=self.log_out),
            Operation(method="GET", path=f"{AUTH}/me", needs=own, does=self.me, answer=Me),
            Operation(method="GET", path=keys, needs=own, does=self.keys, answer=Keys),
            Operation(
                method="POST", path=keys, needs=own, does=self.make_key, body=NewKey, most=BODY, answer=Key, status=201
            ),
            Operation(method="DELETE", path=f"{keys}/{{id}}", needs=own, does=self.revoke_key),
        ]  # fmt: skip

    async def log_in(self, asked: Asked) -> Tokens | Response:
        """A pair of tokens for a name and a password; 401, 429 with `Retry-After`."""
        request, told = asked.request, asked.body
        address = request.client.host if request.client is not None else ""
        agent = request.headers.get("user-agent", "")
        pair = await self.gate.log_in(told.user, told.password, told.code, address=address, agent=agent)
        if isinstance(pair, Refused):
            return self._refused(request, pair)
        return _tokens(pair)

    async def refresh(self, asked: Asked) -> Tokens | Response:
        """The next pair; the old refresh token is worth nothing from now on, and ends the login if it comes again."""
        pair = await self.gate.bearers.refresh(asked.body.refresh_token)
        if pair is None:
            say = self.renderer.say(asked.request)
            return problem(401, "refresh_refused", say("error.401"), say("token.refresh"))
        return _tokens(pair)

    async def log_out(self, asked: Asked) -> Response | None:
        """All tokens of this login end; a browser's session too, if it was one that asked. 409 for a personal key,
        which is revoked instead."""
        visitor = visitor_of(asked.request)
        if visitor.session is not None:
            await self.gate.end(visitor.name, visitor.session.id)
        elif visitor.family:
            await self.gate.bearers.end(visitor.name, visitor.family)
        else:
            say = self.renderer.say(asked.request)
            return problem(409, "personal_key", say("error.409"), say("token.key"))
        return None

    async def me(self, asked: Asked) -> Me:
        """Who the box takes the asker for."""
        visitor = visitor_of(asked.request)
        return Me(user=visitor.name, role=visitor.role, permissions=sorted(visitor.permissions))

    async def keys(self, asked: Asked) -> Keys:
        """The asker's own, without what opens."""
        return Keys(keys=[_key(key) for key in await self.gate.bearers.keys(asked.name)])

    async def make_key(self, asked: Asked) -> Key | Response:
        """201 with the key, shown this once. Its scopes are at most what the asker may."""
        visitor, say, told = _not_by_key(asked), self.renderer.say(asked.request), asked.body
        if not visitor.permissions.issuperset(told.scopes):
            return problem(403, "scope", say("error.403"), say("token.scope"))
        lasts = None if told.days is None else told.days * 86400.0
        made = await self.gate.bearers.make_key(visitor.name, told.name, told.scopes, lasts)
        if made is None:
            return problem(409, "many_keys", say("error.409"), say("token.many"))
        await self.gate.standings.note("key_made", visitor.name)
        return _key(made[1], made[0])

    async def revoke_key(self, asked: Asked) -> None:
        """It opens nothing from now on; 404 for one that is not the asker's."""
        visitor = _not_by_key(asked)
        if not await self.gate.bearers.revoke_key(visitor.name, asked.id):
            raise HTTPException(404)
        await self.gate.standings.note("key_revoked", visitor.name)

    def _refused(self, request: Request, refused: Refused) -> Response:
        say, minutes = self.renderer.say(request), math.ceil(refused.wait / 60)
        text = say(f"signin.{refused.why}", minutes=minutes)
        if refused.why is not Refusal.LOCKED:
            return problem(401, refused.why, say("error.401"), text)
        response = problem(429, "locked", say("error.429"), text)
        response.headers["retry-after"] = str(math.ceil(refused.wait))
        return response


def _not_by_key(asked: Asked) -> Visitor:
    """A lost key must not make itself another. Raises HTTPException."""
    visitor = visitor_of(asked.request)
    if visitor.key:
        raise HTTPException(403)
    return visitor


def _tokens(pair: Pair) -> Tokens:
    told = asdict(pair)
    return Tokens(access_token=told.pop("access"), refresh_token=told.pop("refresh"), **told)


def _key(key: ApiKey, text: str | None = None) -> Key:
    return Key(
        id=key.id,
        name=key.name,
        scopes=sorted(scopes_of(key)),
        created=key.created,
        expires=key.expires,
        last_used=key.seen,
        key=text,
    )

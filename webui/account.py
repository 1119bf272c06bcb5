"""One's own account beyond the password: the second factor, and personal keys for programs."""

import math
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from webui.auth import totp
from webui.auth.bearer import scopes_of
from webui.auth.gate import Gate, Refusal, Refused
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.forms import address_of, form_of, text_of, texts_of, visitor_of
from webui.limits import Limit
from webui.menu import Entry
from webui.qr import qr_code
from webui.render import Renderer

ENTRIES: Final[tuple[Entry, ...]] = ()
BOX: Final = "Secretary"
"""What authenticator applications show above the code."""
NO_SCOPE: Final = frozenset({Permission.PUBLIC, Permission.SIGNED_IN})
DAYS: Final = (30, 90, 365)


@dataclass(frozen=True, slots=True)
class AccountPages:
    """`/account/factor`, `/account/keys`. The password is asked for once more where an open browser is not enough."""

    gate: Gate
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        own = Permission.SIGNED_IN
        return [
            page("/account/factor", self.factor, own),
            page("/account/factor/begin", self.begin, own, ["POST"], limit=Limit.LOGIN),
            page("/account/factor/confirm", self.confirm, own, ["POST"], limit=Limit.LOGIN),
            page("/account/factor/off", self.off, own, ["POST"], limit=Limit.LOGIN),
            page("/account/keys", self.keys, own),
            page("/account/keys", self.make_key, own, ["POST"]),
            page("/account/keys/revoke", self.revoke, own, ["POST"]),
        ]

    async def factor(self, request: Request) -> Response:
        """Whether it is on, and how to change that."""
        return await self._factor(request)

    async def begin(self, request: Request) -> Response:
        """The picture to photograph; nothing counts until a code of it was seen."""
        form, visitor = await form_of(request), visitor_of(request)
        if (refused := await self._password(request, text_of(form, "password"))) is not None:
            return await self._factor(request, trouble=refused, code=403)
        return await self._scan(request, await self.gate.factors.begin(visitor.name))

    async def confirm(self, request: Request) -> Response:
        """Recovery codes, shown this once."""
        form, visitor = await form_of(request), visitor_of(request)
        codes = await self.gate.factors.confirm(visitor.name, text_of(form, "code"))
        if codes is None:
            say = self.renderer.say(request)
            return await self._scan(request, await self.gate.factors.begin(visitor.name), say("signin.code"))
        await self.gate.standings.note("factor_on", visitor.name, address_of(request))
        return self.renderer.page(request, "account_codes.html", codes=codes)

    async def off(self, request: Request) -> Response:
        """A password is enough again."""
        form, visitor = await form_of(request), visitor_of(request)
        if (refused := await self._password(request, text_of(form, "password"))) is not None:
            return await self._factor(request, trouble=refused, code=403)
        await self.gate.factors.remove(visitor.name)
        await self.gate.standings.note("factor_off", visitor.name, address_of(request))
        return self.renderer.done(request, "/account", "factor.off.done")

    async def keys(self, request: Request) -> Response:
        """The visitor's own."""
        return await self._keys(request)

    async def make_key(self, request: Request) -> Response:
        """The key, shown this once."""
        form, visitor, say = await form_of(request), visitor_of(request), self.renderer.say(request)
        asked, days = set(texts_of(form, "scope")), text_of(form, "days")
        scopes = [one for one in visitor.permissions - NO_SCOPE if one in asked]
        if not scopes or not text_of(form, "name").strip():
            return await self._keys(request, trouble=say("keys.nothing"), code=400)
        lasts = int(days) * 86400.0 if days in map(str, DAYS) else None
        made = await self.gate.bearers.make_key(visitor.name, text_of(form, "name"), scopes, lasts)
        if made is None:
            return await self._keys(request, trouble=say("token.many"), code=409)
        await self.gate.standings.note("key_made", visitor.name, address_of(request))
        return await self._keys(request, fresh=made[0])

    async def revoke(self, request: Request) -> Response:
        """It opens nothing from now on."""
        visitor = visitor_of(request)
        if await self.gate.bearers.revoke_key(visitor.name, text_of(await form_of(request), "key")):
            await self.gate.standings.note("key_revoked", visitor.name, address_of(request))
        return self.renderer.done(request, "/account/keys", "keys.revoked")

    async def _factor(self, request: Request, *, trouble: str = "", code: int = 200) -> Response:
        name = visitor_of(request).name
        on, left = await self.gate.factors.is_on(name), await self.gate.factors.left(name)
        return self.renderer.page(request, "account_factor.html", code, on=on, left=left, trouble=trouble)

    async def _scan(self, request: Request, secret: bytes, trouble: str = "") -> Response:
        picture = qr_code(totp.address(secret, visitor_of(request).name, BOX))
        typed = totp.shown_secret(secret)
        status = 400 if trouble else 200
        return self.renderer.page(request, "account_scan.html", status, picture=picture, secret=typed, trouble=trouble)

    async def _keys(self, request: Request, *, fresh: str = "", trouble: str = "", code: int = 200) -> Response:
        visitor, say = visitor_of(request), self.renderer.say(request)
        kept = await self.gate.bearers.keys(visitor.name)
        shown = [(key, ", ".join(say(f"permission.{one}") for one in sorted(scopes_of(key)))) for key in kept]
        scopes = [(one.value, say(f"permission.{one}")) for one in sorted(visitor.permissions - NO_SCOPE)]
        days = [("", say("keys.forever")), *((str(each), say.count("keys.days", each)) for each in DAYS)]
        return self.renderer.page(
            request, "account_keys.html", code, keys=shown, scopes=scopes, days=days, fresh=fresh, trouble=trouble
        )

    async def _password(self, request: Request, password: str) -> str | None:
        refused = await self.gate.is_password(visitor_of(request), password, address=address_of(request))
        return None if refused is None else why_not(self.renderer, request, refused)


def why_not(renderer: Renderer, request: Request, refused: Refused) -> str:
    """A refusal in the reader's language."""
    key = "account.wrong" if refused.why is Refusal.WRONG else f"signin.{refused.why}"
    return renderer.say(request)(key, minutes=math.ceil(refused.wait / 60))

"""Headers that every answer carries, errors included."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from elsewhere: what a caller says can never become code on the owner's page. Tabler's style
sheet holds its ticks and arrows as data: pictures, which can neither run nor tell anybody anything."""

HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(self), geolocation=(), payment=(), usb=()",
}


STYLE_NONCE: Final = "style_nonce"
"""Key of the ASGI scope: a nonce that a page's own style elements carry, where it has any."""

HSTS_SECONDS: Final = 7 * 86400
"""Short: an owner who goes back to plain HTTP is let in again after a week. Browsers heed it only where the certificate
is trusted (RFC 6797, 8.1)."""


class Shield:
    """ASGI middleware; outermost, so that refusals and crashes wear the headers too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the headers to every HTTP answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
                if nonce := scope.get(STYLE_NONCE):
                    headers["content-security-policy"] = POLICY.replace(
                        "style-src 'self'", f"style-src 'self' 'nonce-{nonce}'"
                    )
                if scope.get("scheme") == "https":
                    headers["strict-transport-security"] = f"max-age={HSTS_SECONDS}"
            await send(message)

        await self._app(scope, receive, shielded)

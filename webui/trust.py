"""The page about HTTPS: which certificate, its fingerprint, and how a device comes to trust it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.certificate import CertificateUnusable, ends, fingerprint
from webui.menu import Entry
from webui.render import Renderer

ENTRIES: Final = (Entry("/trust", "menu.trust", "lock", Permission.MANAGE, "box", 80),)


@dataclass(frozen=True, slots=True)
class Trust:
    """Files: the chain in use, and the box's own authority where it is that one's."""

    chain: Path
    authority: Path | None


@dataclass(frozen=True, slots=True)
class TrustPages:
    """`/trust` and `/authority.crt`; `trust` None: the page speaks plain HTTP."""

    trust: Trust | None
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs. Both are for those who cannot sign in safely yet."""
        return [
            page("/trust", self.show, Permission.PUBLIC, greets=True),
            page("/authority.crt", self.authority, Permission.PUBLIC),
        ]

    async def show(self, request: Request) -> Response:
        """Fingerprints to compare with what the console shows."""
        say, own = self.renderer.say(request), self.trust is not None and self.trust.authority is not None
        shown: list[tuple[str, str]] = []
        if self.trust is not None:
            try:
                shown.append((say("trust.fingerprint"), fingerprint(self.trust.chain)))
                if self.trust.authority is not None:
                    shown.append((say("trust.authority"), fingerprint(self.trust.authority)))
                shown.append((say("trust.ends"), say.date(ends(self.trust.chain).timestamp())))
            except CertificateUnusable as error:
                raise HTTPException(500) from error
        return self.renderer.page(request, "trust.html", tls=self.trust is not None, own=own, shown=shown)

    async def authority(self, _request: Request) -> Response:
        """The certificate that a device is to trust; public by its nature."""
        if self.trust is None or self.trust.authority is None:
            raise HTTPException(404)
        try:
            body = self.trust.authority.read_bytes()
        except OSError as error:
            raise HTTPException(404) from error
        headers = {"content-disposition": 'attachment; filename="secretary-authority.crt"'}
        return Response(body, media_type="application/x-x509-ca-cert", headers=headers)

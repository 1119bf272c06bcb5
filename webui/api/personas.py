"""`/admin/personas…`: who answers, and what callers may know."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from secretaryd.control.protocol.content import (
    ListPersonas,
    RemoveFact,
    SaveFact,
    SavePersona,
    SetPersona,
    ShowPersona,
    UsePersona,
)
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.auth.roles import Permission

Text = Annotated[str, msgspec.Meta(max_length=2000)]


class Personas(msgspec.Struct, frozen=True, kw_only=True):
    """`ready`: ids of those that come with the box; `active`: that of the one in force; `own`: it is the
    owner's own."""

    ready: list[str]
    own: bool
    active: str


class PersonaFact(msgspec.Struct, frozen=True, kw_only=True):
    """`say` is the sentence that a caller hears."""

    topic: str
    label: str
    value: str
    say: str
    keywords: list[str]


class Persona(msgspec.Struct, frozen=True, kw_only=True):
    """`text` is all of it as TOML; `version` guards a new text against another's edit in between."""

    id: str
    own: bool
    name: str
    company: str
    style: str
    greeting: str
    facts: list[PersonaFact]
    text: str
    version: str | None


class PersonaChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not empty. The greeting may hold {name} and {company}."""

    name: Text = ""
    company: Text = ""
    style: Text = ""
    greeting: Text = ""


class PersonaText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole text."""

    text: Annotated[str, msgspec.Meta(max_length=60_000)]
    version: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class PersonaChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ready one; "" gives the box back to what was shipped."""

    id: Annotated[str, msgspec.Meta(max_length=100)] = ""


class FactWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `say` a caller hears "label: value."."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    label: Text = ""
    say: Text = ""
    keywords: Annotated[list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=50)] = []


@dataclass(frozen=True, slots=True)
class PersonasApi:
    """What is changed is at work from the next call on."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, read, write = "/admin/personas", Permission.FAQ_READ, Permission.PERSONA_WRITE
        fact = f"{root}/active/facts/{{id}}"
        return [
            Operation(method="GET", path=root, needs=read, does=self.list, answer=Personas, cached=True),
            Operation(method="POST", path=f"{root}/use", needs=write, does=self.use, body=PersonaChoice,
                      answer=Persona),
            Operation(method="GET", path=f"{root}/active", needs=read, does=self.show, answer=Persona, cached=True),
            Operation(
                method="PATCH", path=f"{root}/active", needs=write, does=self.change, body=PersonaChange,
                answer=Persona,
            ),
            Operation(
                method="PUT", path=f"{root}/active/text", needs=write, does=self.save, body=PersonaText,
                answer=Persona,
            ),
            Operation(method="PUT", path=fact, needs=write, does=self.save_fact, body=FactWords, answer=Persona),
            Operation(method="DELETE", path=fact, needs=write, does=self.remove_fact),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> Personas:
        """Those that come with the box, and which is in force."""
        return as_(Personas, await self.tools.desk.ask(ListPersonas(), asked.name))

    async def show(self, asked: Asked) -> Persona:
        """The one in force."""
        return as_(Persona, await self.tools.desk.ask(ShowPersona(), asked.name))

    async def use(self, asked: Asked) -> Persona:
        """A ready one becomes the owner's."""
        return await self._after(asked, UsePersona(id=asked.body.id))

    async def change(self, asked: Asked) -> Persona:
        """Name, company, style and greeting."""
        body: PersonaChange = asked.body
        request = SetPersona(name=body.name, company=body.company, style=body.style, greeting=body.greeting)
        return await self._after(asked, request)

    async def save(self, asked: Asked) -> Persona:
        """The whole text; 409 where somebody changed it meanwhile."""
        return await self._after(asked, SavePersona(text=asked.body.text, version=asked.body.version))

    async def save_fact(self, asked: Asked) -> Persona:
        """Adds or replaces what is known on a topic."""
        body: FactWords = asked.body
        request = SaveFact(
            topic=asked.id, value=body.value, label=body.label, say=body.say, keywords=tuple(body.keywords)
        )
        return await self._after(asked, request)

    async def remove_fact(self, asked: Asked) -> None:
        """Callers hear no more of it."""
        await self.tools.desk.ask(RemoveFact(topic=asked.id), asked.name)

    async def _after(self, asked: Asked, request: Any) -> Persona:
        await self.tools.desk.ask(request, asked.name)
        return await self.show(asked)

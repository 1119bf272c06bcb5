"""Taking over what the predecessor kept in JSON files; `secretaryctl import legacy` reads them."""

from typing import Any, ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class LegacyItem(Message, frozen=True, kw_only=True):
    """`kind`: "faq" (body: an entry), "secret" (body: {"value"}), "preset", "widget", "telegram" or "chat". `source`
    and `key` say where it stood; they are the same whenever the file is read again."""

    source: str
    key: str
    kind: str
    body: dict[str, Any]

    def __repr__(self) -> str:
        return f"LegacyItem(source={self.source!r}, key={self.key!r}, kind={self.kind!r}, body=****)"


class ImportLegacy(Asking, frozen=True, kw_only=True, tag="legacy.import"):
    """Takes them over; asked again with the same it changes nothing. Answers {"results": [{"state", "why"}]} in their
    order; `state`: "imported" (it works, or can be used), "kept" (the box has no use for it yet; `why` says so), "same"
    (it is there already), "replaced" or "refused". `dry_run`: only says so."""

    needs: ClassVar[Right] = Right.MANAGE
    items: list[LegacyItem]
    dry_run: bool = False


class ListPresets(Asking, frozen=True, kw_only=True, tag="legacy.presets"):
    """The predecessor's presets that were taken over; answers {"presets": [{"key", "fields": {style, greeting, name,
    company, as far as it has them}, "shortened": [fields], "unused": [names]}]}."""

    needs: ClassVar[Right] = Right.MANAGE


class UsePreset(Asking, frozen=True, kw_only=True, tag="legacy.use"):
    """Makes one the persona, from the next call on: its fields over the persona in force, whose facts and questions
    stay. `changes.undo` takes it back. Answers {"name", "company", "style", "greeting"}."""

    needs: ClassVar[Right] = Right.MANAGE
    key: str


Requests = ImportLegacy | ListPresets | UsePreset

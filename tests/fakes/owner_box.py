"""An `Owner` on a folder, with a real ladder behind it and an audit that remembers."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from secretaryd.answer.ladder import Ladder
from secretaryd.answer.words import Lemmas
from secretaryd.config.schema import Box, Config
from secretaryd.owner.content import Content, content_at_start
from secretaryd.owner.keeper import Asker, Commit, Owner

ANNA = Asker("user anna", "web")
NOON = datetime(2026, 11, 26, 12, 0)


@cache
def lemmas() -> Lemmas:
    """One for all tests: it is costly."""
    return Lemmas()


class FakeAudit:
    def __init__(self) -> None:
        self.deeds: list[dict[str, Any]] = []

    async def add(self, **deed: Any) -> None:
        assert deed["who"]
        assert deed["where"] in ("control", "web")
        assert "." in deed["what"]
        self.deeds.append(deed)


class Speaks:
    """In the core's place: builds a ladder in `prepare`, takes it in the commit, and counts."""

    def __init__(self, config: Config, content: Content) -> None:
        self.config, self.taken = config, 0
        self._content = content
        self._ladder: Ladder | None = None

    @property
    def ladder(self) -> Ladder:
        """Built when it is first asked: most tests need none."""
        self._ladder = self._ladder or self._build(self._content)
        return self._ladder

    def prepare(self, config: Config, content: Content) -> Commit:
        ladder = self._build(content)

        def commit() -> None:
            self.config, self._ladder = config, ladder
            self.taken += 1

        return commit

    def _build(self, content: Content) -> Ladder:
        return Ladder(content.persona, [each.entry for each in content.known], lemmas(), lambda: NOON)


class OwnerScene:
    """All of it on one folder."""

    def __init__(self, folder: Path, config: Config | None = None, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        config = config or Config(box=Box(data_dir=folder))
        content = content_at_start(config)
        self.audit = FakeAudit()
        self.box = Speaks(config, content)
        file = folder / "secretaryd.toml"
        if not file.exists():
            file.write_text(f'[box]\ndata_dir = "{folder}"\nlanguage = "{config.box.language}"\n')
        clock = iter(range(1_796_000_000, 1_796_999_999))
        self.owner = Owner(config, content, self.box, self.audit, file, environ or {}, lambda: float(next(clock)))

    def text(self, name: str) -> str | None:
        path = self.folder / name
        return path.read_text("utf-8") if path.exists() else None

    def answer(self, heard: str) -> str:
        piece = self.box.ladder.without_model(heard)
        return piece.text if piece is not None else ""

"""Renews what the page carries of others' work, from the npm registry, as webui/static/vendor/manifest.toml says.

    python etc/setup/vendor.py            fetches every package and writes files and checksums
    python etc/setup/vendor.py --check    fetches, writes nothing, tells what differs (exit 1)

For another version change it in the manifest first. Needs npm, nothing else of node's world.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "webui" / "static" / "vendor" / "manifest.toml"
TABLER = "tabler.min.css"
DARK = "[data-bs-theme=dark]"


def main() -> int:
    """0 for done, 1 where --check found a difference."""
    text = MANIFEST.read_text("utf-8")
    manifest = tomllib.loads(text)
    made: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in manifest["package"]:
            made |= dict(_files(package, manifest["icons"].split(), Path(folder)))
    if "--check" in sys.argv[1:]:
        different = [name for name, body in made.items() if not _is_same(ROOT / name, body)]
        print("\n".join(different) or "nothing differs")
        return 1 if different else 0
    for name, body in made.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(body)
    sums = "\n".join(f'"{name}" = "{hashlib.sha256(body).hexdigest()}"' for name, body in sorted(made.items()))
    MANIFEST.write_text(f"{text[: text.index('[sha256]')]}[sha256]\n{sums}\n", "utf-8")
    print(f"{len(made)} files")
    return 0


def _files(package: dict[str, Any], icons: list[str], folder: Path) -> Iterator[tuple[str, bytes]]:
    """npm checks the archive against the registry's own checksum."""
    command = ["npm", "pack", "--silent", f"{package['name']}@{package['version']}"]
    archive = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split()[-1]
    with tarfile.open(folder / archive) as tar:
        for inside, name in package["files"].items():
            if "*" in inside:
                before, after = inside.split("*")
                yield name, _sprite({icon: _read(tar, f"{before}{icon}{after}") for icon in icons})
                continue
            body = _read(tar, inside)
            if name.endswith((".js", ".css")):
                body = re.sub(rb"\n?/[/*]# sourceMappingURL=\S*( \*/)?\s*$", b"\n", body)
            yield name, body
            if name.endswith(TABLER):
                yield name.replace(TABLER, "tabler-auto.css"), _auto_dark(body.decode()).encode()


def _read(tar: tarfile.TarFile, inside: str) -> bytes:
    member = tar.extractfile(f"package/{inside}")
    assert member is not None, inside
    return member.read()


def _sprite(icons: dict[str, bytes]) -> bytes:
    """One file of symbols: `<use href="icons.svg#phone">`."""
    symbols = []
    for name, body in icons.items():
        inner = re.search(r"<svg[^>]*>(.*)</svg>", body.decode(), re.DOTALL)
        assert inner is not None, name
        drawing = " ".join(inner[1].split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def _auto_dark(css: str) -> str:
    """Tabler's dark rules once more, for a browser that prefers dark and a reader who chose nothing: without it the
    theme would hang on JavaScript. Rules inside of other @-blocks are none of them (asserted by the page's tests)."""
    rules = []
    for selectors, declarations in re.findall(r"([^{}]*\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}", css):
        wanted = [each.strip() for each in selectors.split(",") if each.strip().startswith(DARK)]
        if not wanted or "color-scheme:light" in declarations:  # that one is for printing
            continue
        chosen = ",".join(each.replace(DARK, ":root:not([data-bs-theme])") for each in wanted)
        rules.append(f"{chosen}{{{declarations}}}")
    return "@media (prefers-color-scheme:dark){\n" + "\n".join(rules) + "\n}\n"


def _is_same(path: Path, body: bytes) -> bool:
    return path.exists() and path.read_bytes() == body


if __name__ == "__main__":
    sys.exit(main())

"""Styles and scripts as they travel, and what of others' work is among them."""

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from webui.assets import FOR_EVER, STATIC, Assets

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "webui" / "static" / "vendor"
MANIFEST = tomllib.loads((VENDOR / "manifest.toml").read_text("utf-8"))
FIRST_LOAD = ("vendor/tabler.min.css", "vendor/tabler-auto.css", "style.css", "vendor/htmx.min.js", "page.js",
              "vendor/icons.svg", "icon.svg")  # fmt: skip
MOST_BYTES = 200_000
"""Of styles, scripts and icons at the first load, compressed; the page itself has the rest of 300 KB."""
ASSETS = Assets()


async def ask(path: str, method: str = "GET", **headers: str) -> httpx2.Response:
    app = Starlette(routes=[Mount(STATIC, ASSETS)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://box") as client:
        named = {"accept-encoding": "identity", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return await client.request(method, path, headers=named)


async def test_a_file_under_its_own_name_is_kept_for_ever_and_under_another_asked_for_again() -> None:
    url = ASSETS.url("style.css")
    kept, old, bare = await ask(url), await ask(f"{STATIC}/style.css?v=old"), await ask(f"{STATIC}/style.css")
    assert kept.headers["cache-control"] == FOR_EVER
    assert old.headers["cache-control"] == bare.headers["cache-control"] == "no-cache"
    assert kept.text == old.text == (ROOT / "webui/static/style.css").read_text("utf-8")
    assert kept.headers["content-type"].startswith("text/css")
    again = await ask(url, if_none_match=kept.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_travels_compressed_to_who_can_read_that() -> None:
    url = ASSETS.url("vendor/tabler.min.css")
    plain, packed = await ask(url), await ask(url, accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "accept-encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) == ASSETS.size("vendor/tabler.min.css") < len(plain.content) / 5


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [
        ("/static/style.css", "HEAD", 200),
        ("/static/style.css", "POST", 405),
        ("/static/nothing.css", "GET", 404),
        ("/static/", "GET", 404),
        ("/static/__init__.py", "GET", 404),
        ("/static/vendor/manifest.toml", "GET", 404),
        ("/static/../app.py", "GET", 404),
        ("/static/%2e%2e/app.py", "GET", 404),
        ("/static//etc/passwd", "GET", 404),
    ],
)
async def test_nothing_but_the_files_is_served(path: str, method: str, code: int) -> None:
    assert (await ask(path, method)).status_code == code


def test_a_file_that_does_not_exist_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        ASSETS.url("vendor/nothing.js")


def test_the_first_load_is_light() -> None:
    assert sum(ASSETS.size(name) for name in FIRST_LOAD) <= MOST_BYTES


def test_every_file_of_others_is_in_the_manifest_and_unchanged() -> None:
    here = {path.relative_to(ROOT).as_posix() for path in VENDOR.iterdir()} - {"webui/static/vendor/manifest.toml"}
    sums = MANIFEST["sha256"]
    assert here <= set(sums)
    for name, told in sums.items():
        body = (ROOT / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == told, name
        assert b"sourceMappingURL" not in body, f"{name}: the browser would look for a file that is not there"
    for package in MANIFEST["package"]:
        assert package["licence"]
        assert package["source"].startswith("https://")
        assert set(package["files"].values()) <= set(sums)


def test_every_package_of_others_is_named_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for package in MANIFEST["package"]:
        assert re.search(rf"\b{re.escape(package['name'].lstrip('@'))}\b", text), package["name"]


def test_every_icon_that_a_page_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text("utf-8")))
    assert set(MANIFEST["icons"].split()) == drawn
    for path in (ROOT / "webui").rglob("*.html"):
        text = path.read_text("utf-8")
        named = {*re.findall(r'\bicon\("([\w-]+)"', text), *re.findall(r'\bempty\("([\w-]+)"', text)}
        assert named <= drawn, path.name


def test_the_dark_theme_of_the_browser_is_the_one_that_can_be_chosen() -> None:
    auto = (VENDOR / "tabler-auto.css").read_text("utf-8")
    assert auto.count("{") == auto.count("}")
    assert "color-scheme:dark" in auto
    assert "[data-bs-theme=dark]" not in auto
    own = (ROOT / "webui/static/style.css").read_text("utf-8")
    chosen = re.search(r"^\[data-bs-theme=dark\] \{\n(.*?)^\}", own, re.MULTILINE | re.DOTALL)
    preferred = re.search(r"^  :root:not\(\[data-bs-theme\]\) \{\n(.*?)^  \}", own, re.MULTILINE | re.DOTALL)
    assert chosen is not None
    assert preferred is not None
    assert chosen[1].split() == preferred[1].split()


def test_compression_is_the_same_each_time() -> None:
    body = (ROOT / "webui/static/style.css").read_bytes()
    assert len(gzip.compress(body, 9, mtime=0)) == ASSETS.size("style.css")

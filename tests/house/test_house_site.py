"""The generated pages are those of this code, and the site has no broken link."""

import html.parser
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs/build.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules["docs_build"] = made
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize(
    ("page", "maker"), [("settings.md", "settings_page"), ("api.md", "api_page")]
)
def test_a_reference_is_made_from_this_code(build, page, maker):
    told = (ROOT / "docs" / page).read_text("utf-8")
    assert told == getattr(build, maker)(), "run `make reference`"


class _Page(html.parser.HTMLParser):
    """The links of a page, its anchors, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = {key: value or "" for key, value in attrs}
        self.ids.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in {"img", "script", "link", "iframe"}:
            self.loaded.append(found.get("src") or found.get("href", ""))


@pytest.fixture(scope="module")
def site(build, tmp_path_factory) -> dict[Path, _Page]:
    folder = tmp_path_factory.mktemp("site")
    build.site(folder)
    return {path: _Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}


def test_every_page_is_on_the_site_and_every_link_leads_to_page_and_heading(build, site):
    assert len(site) == len(build.pages()) + 1
    broken = []
    for path, page in site.items():
        for link in page.links:
            target, _, fragment = unquote(link).partition("#")
            if re.match(r"https?:|mailto:", target):
                continue
            there = (path.parent / target).resolve() if target else path
            known = there.exists() and (not fragment or fragment in site[there].ids)
            if not known:
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_the_site_loads_nothing_from_outside_and_what_it_loads_is_there(site):
    for path, page in site.items():
        for loaded in page.loaded:
            assert not re.match(r"https?:|//", loaded)
            assert (path.parent / loaded).exists()


def test_the_readme_fits_on_two_screens():
    assert (ROOT / "README.md").read_text("utf-8").count("\n") <= 100


def test_the_version_is_that_of_the_changelog():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")

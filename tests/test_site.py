"""The site of the documentation is built without a warning, opens without a network, and no link of it is dead."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "audio": "src"}
"""Element -> the attribute by which a browser loads something at once."""


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors it holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.classes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        self.classes |= set(found.get("class", "").split())
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in LOADING and LOADING[tag] in found:
            self.loads.append(found[LOADING[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """Each page of the site, built anew; a warning fails it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    built = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}


def test_no_link_is_dead(site: dict[Path, Page]) -> None:
    dead, links = [], 0
    for path, page in site.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            links += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = site.get(target)
            known = target.is_file() and (
                there is None or not parts.fragment or unquote(parts.fragment) in there.anchors
            )
            if not known and parts.fragment != "__skip":
                dead.append(f"{path.name}: {link}")
    assert links > 500 and dead == []


def test_a_dead_link_would_be_found(tmp_path: Path) -> None:
    page = Page('<a href="gone.html#x">a</a><img src="no.png"><p id="here">')
    assert page.links == ["gone.html#x"] and page.loads == ["no.png"] and page.anchors == {"here"}


def test_no_page_loads_anything_from_elsewhere(site: dict[Path, Page]) -> None:
    elsewhere = {(path.name, load) for path, page in site.items() for load in page.loads if urlsplit(load).netloc}
    assert elsewhere == set()
    # The theme fetches a library from elsewhere for an element of this class, and for no other.
    assert not any("mermaid" in page.classes for page in site.values())
    styles = [css for path in site for css in path.parent.glob("assets/**/*.css")]
    assert styles and not any("url(http" in css.read_text() or "@import" in css.read_text() for css in styles)


def test_the_navigation_has_what_a_person_looks_for(site: dict[Path, Page]) -> None:
    names = {path.stem for path in site}
    wanted = "getting_started your_data choose_an_aligner diagnostics repair recommend contributing scale security"
    assert names >= {*wanted.split(), "reference", "scenario_shop", "scenario_medical", "deploy", "architecture"}
    reference = next(page for path, page in site.items() if path.stem == "reference")
    assert "mmalign_core.notebook.alignment.align" in reference.anchors


def test_every_page_of_the_repository_is_on_the_site(site: dict[Path, Page]) -> None:
    """A note that the navigation does not name is put under "Notes"."""
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {path.stem for path in site}
    settings = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), yaml.SafeLoader)
    assert settings["theme"]["font"] is False and settings["use_directory_urls"] is False

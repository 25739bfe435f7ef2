"""A hook of MkDocs: pages whose source lies outside docs/, and links between them.

CONTRIBUTING.md and SECURITY.md stay where people look for them in a repository, the scenarios stay scripts; the site
reads them from there, so that nothing is said twice. A page of docs/ that the navigation does not name is put under
"Notes", so that a new note needs no entry.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PAGES = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "reporting.md"}
"""File of the repository -> page of the site."""
SCENARIOS = ("shop", "social_video", "medical", "education")
"""Scripts of examples/ that become a page `scenario_NAME.md`."""
ASSETS = ("assets/icon.svg", "assets/dashboard.png")
LINK = re.compile(r"(!?)\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Put pages that the navigation does not name under "Notes"."""
    named = set(re.findall(r"\b\w+\.md\b", repr(config.nav)))
    others = sorted(path.name for path in Path(config.docs_dir).glob("*.md") if path.name not in named)
    if others:
        config.nav.append({"Notes": others})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and pictures from outside docs/."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for name in SCENARIOS:
        text = (ROOT / "examples" / f"{name}.py").read_text(encoding="utf-8")
        files.append(File.generated(config, f"scenario_{name}.md", content=scenario_page(text, name)))
    for asset in ASSETS:
        files.append(File.generated(config, asset, abs_src_path=str(ROOT / asset)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to files outside docs/ to their page here; what has none becomes plain text."""
    source = next((name for name, here in PAGES.items() if here == page.file.src_uri), f"docs/{page.file.src_uri}")
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.M | re.S)
    return "".join(part if part.startswith("```") else LINK.sub(lambda m: _link(m, source), part) for part in parts)


def scenario_page(script: str, name: str) -> str:
    """A script of percent cells as a page: its texts, and its code in fences."""
    spec = importlib.util.spec_from_file_location("make_notebooks", ROOT / "examples" / "make_notebooks.py")
    assert spec is not None and spec.loader is not None
    notebooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(notebooks)
    parts = [text if kind == "markdown" else f"```python\n{text}\n```" for kind, text in notebooks.cells(script)]
    note = f"*This page is `examples/{name}.py`; `examples/{name}.ipynb` is the same as a notebook. The tests run it.*"
    return "\n\n".join([parts[0], note, *parts[1:]]) + "\n"


def _link(found: re.Match[str], source: str) -> str:
    picture, words, target, anchor = found.group(1), found.group(2), found.group(3), found.group(4) or ""
    path = _normal(PurePosixPath(source).parent / target)
    if path in PAGES:
        return f"[{words}]({PAGES[path]}{anchor})"
    scenario = re.fullmatch(r"examples/(\w+)\.(?:py|ipynb)", path)
    if scenario and scenario.group(1) in SCENARIOS:
        return f"[{words}](scenario_{scenario.group(1)}.md{anchor})"
    if path.startswith("docs/"):
        return f"{picture}[{words}]({path.removeprefix('docs/')}{anchor})"
    return f"{picture}[{words}]({path})" if path in ASSETS else f"{words} (`{path}`)"


def _normal(path: PurePosixPath) -> str:
    """The path from the root of the repository, without `..`."""
    parts: list[str] = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)

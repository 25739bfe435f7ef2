"""The guides' commands and Python run, in the order of each page, in a folder of its own."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.__main__ import main
from mmalign_core.types import Collection

DOCS = Path(__file__).parents[1] / "docs"
GUIDES = ("getting_started", "your_data", "choose_an_aligner", "diagnostics", "repair", "recommend")
"""Pages whose every block is run."""
MARKED = (*GUIDES, "index", "scenarios", "deploy", "reference")
"""Pages on which a block that is not run says so."""
FENCE = re.compile(r"^```(sh|python)([^\n]*)\n(.*?)^```$", re.M | re.S)
NOT_RUN = re.compile(r'title="not run[^":]*: [^"]{10,}"')


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind the language, and its text."""

    language: str
    info: str
    text: str

    @property
    def runs(self) -> bool:
        return "not run" not in self.info


def blocks(page: str) -> list[Block]:
    return [Block(*found.groups()) for found in FENCE.finditer((DOCS / f"{page}.md").read_text(encoding="utf-8"))]


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command line and its arguments, comments cut."""
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield line, words


@pytest.mark.parametrize("page", MARKED)
def test_a_block_runs_or_says_why_not(page: str) -> None:
    for block in blocks(page):
        if not block.runs:
            assert NOT_RUN.search(block.info), f"{page}: {block.info} gives no reason"
            continue
        assert page in GUIDES, f"{page}: no test runs\n{block.text}"
        if block.language == "sh":
            assert {words[0] for _, words in commands(block)} == {"mmalign"}, block.text


def demo_folder(demo: Collection) -> Path:
    """Where the demo's files lie."""
    return next(Path(str(medium.path)) for medium in demo.media if medium.path).parents[1]


def test_the_numbers_are_those_of_the_readme() -> None:
    """Each benchmark that a guide cites is there, and the numbers of its line stand in the README's line for it."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    cited = []
    for page in GUIDES:
        text = re.sub(r"\s+", " ", (DOCS / f"{page}.md").read_text(encoding="utf-8"))
        parts = re.split(r"`benchmarks/(\w+\.py)`", text)
        for before, script in zip(parts[:-1:2], parts[1::2]):
            assert (DOCS.parent / "benchmarks" / script).is_file()
            said = "".join(line for line in readme.splitlines() if f"`{script}" in line)
            last = re.findall(r"\d*\.\d+|\d\d+", before[-120:])[-1:]
            assert last and last[0] in said, f"{page}: {last} of {script} is not in the README"
            cited.append(script)
    assert len(cited) >= 8


def test_the_blocks_of_the_notebook_page_run(demo: Collection) -> None:
    """Ours, on its 1,000 pairs; those of other libraries are run by benchmarks/notebook_faces.py."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(1000, 5))
    x, y = (shared @ rng.normal(size=(5, d)) + rng.normal(size=(1000, d)) for d in (64, 32))
    captions = [medium.text for medium in demo.media if medium.text][:50]
    names = {"X": x, "Y": y, "names": [f"n{i}" for i in range(1000)], "captions": captions, "titles": captions}
    ours = [b for b in blocks("notebooks") if not re.search(r"cca_zoo|vicinity", b.text)]
    for block in ours:
        exec(compile(block.text, "notebooks.md", "exec"), names)
    assert len(ours) == 5 and names["u"].shape == names["v"].shape == (200, 5)


@pytest.mark.slow
@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_runs(
    page: str, demo: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Commands by the function behind `mmalign`, and Python, in one folder. A demo that is there is not drawn again."""
    monkeypatch.chdir(tmp_path)
    Path("demo").symlink_to(demo_folder(demo))
    monkeypatch.setenv("COLUMNS", "200")
    ran = 0
    for block in blocks(page):
        if block.runs and block.language == "python":
            exec(compile(block.text, f"{page}.md", "exec"), {"__name__": "__main__"})
            ran += 1
        for line, words in commands(block) if block.runs and block.language == "sh" else ():
            assert main(words[1:]) == 0, f"{page}: {line}\n{capfd.readouterr().err}"
            ran += 1
    assert ran >= 3


def test_the_exchanged_captions_of_the_first_guide_come_first(
    demo: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the guide promises of its folder: the first row is one of the two, and both are among the first four."""
    monkeypatch.chdir(tmp_path)
    making = next(block.text for block in blocks("getting_started") if block.language == "python")
    exec(compile(making, "getting_started.md", "exec"), {"__name__": "__main__"})
    assert main(["align", "holiday", "--save", str(tmp_path / "run")]) == 0
    capfd.readouterr()
    assert main(["errors", str(tmp_path / "run")]) == 0
    rows = [line for line in capfd.readouterr().out.splitlines() if ": right answer" in line]
    named = [line.split(":")[0].split()[-1] for line in rows[:4]]
    assert named[0] in ("1", "4") and {"1", "4"} <= set(named) and "wrong_pair" in rows[0], rows

"""What the README and the guides say holds: commands and Python run, set-up comes first, named files are there."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", README, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
GUIDES = (
    "README.md",
    "README.zh.md",
    "docs/translation.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/notebooks.md",
)
OURS = ("mmalign_core/", "pages/", "tests/", "examples/", "benchmarks/", "docs/")
"""A word in backticks that begins so is a path from the root of the repository."""


def block(first: str) -> list[str]:
    """Commands of the shell block that begins with this one, comments cut."""
    (found,) = [b for b in SHELL if b.startswith(first)]
    return [line.split("  #")[0].strip() for line in found.splitlines() if line.strip()]


def test_set_up_stands_in_the_first_twelve_lines() -> None:
    head = README.splitlines()[:12]
    assert any(line.startswith("make run") for line in head) and any(line.startswith("make test") for line in head)
    assert "(assets/dashboard.png)" in README and (ROOT / "assets" / "dashboard.png").stat().st_size > 20_000


def test_the_chinese_readme_shows_the_same_commands_and_numbers() -> None:
    chinese = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    assert re.findall(r"```(?:sh|python)\n(.*?)```", chinese, re.S) == re.findall(
        r"```(?:sh|python)\n(.*?)```", README, re.S
    )
    named = [line for line in README.splitlines() if line.startswith("|") and line.count("|") > 3]
    for line in named:
        for code in re.findall(r"`\w+\.py`|`[\w.-]+:[^`]*`", line):
            assert code in chinese, f"the Chinese README lacks {code}"
    numbers = {number for line in named for number in re.findall(r"\d+(?:\.\d+)?%", line)}
    assert not numbers - set(re.findall(r"\d+(?:\.\d+)?%", chinese)), "a number of the README was not taken over"


def test_the_command_line_blocks_run(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in [*block("python -m mmalign_core demo"), *block("python -m mmalign_core align demo")]:
        shown = subprocess.run(
            command.replace("python", sys.executable, 1),
            shell=True,
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )
        assert shown.returncode == 0, f"{command}\n{shown.stderr}"
    assert {p.name for p in (tmp_path / "build").iterdir()} >= {
        "inspect.json",
        "encode.json",
        "align.json",
        "map.parquet",
        "errors.csv",
        "report.html",
        "repaired.zip",
        "opened",
    }


def test_the_python_block_runs(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run([sys.executable, "-c", PYTHON[0]], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "recall@10" in shown.stdout
    assert "reason" in shown.stdout and "n = 200" in shown.stdout.splitlines()[-1]


def named_paths(guide: str) -> set[Path]:
    """What a guide names of the repository: backticked paths, rooms after one in its line or cell, links."""
    text, found = (ROOT / guide).read_text(encoding="utf-8"), set()
    for cell in re.split(r"[|\n]", re.sub(r"```.*?```", "", text, flags=re.S)):
        folder = None
        for word in re.findall(r"`([\w./*-]+)`", cell):
            if word.startswith(OURS) or (word.endswith("/") and folder):
                path = ROOT / word if word.startswith(OURS) else beside(folder, word)
                folder = path if word.endswith("/") else folder
                found.add(path)
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    return found | {(ROOT / guide).parent / link for link in links}


def beside(folder: Path, word: str) -> Path:
    """A room named after a folder lies in it, or beside it."""
    return folder / word if (folder / word).exists() else folder.parent / word


@pytest.mark.parametrize("guide", GUIDES)
def test_named_files_and_folders_are_there(guide: str) -> None:
    paths = named_paths(guide)
    assert len(paths) >= 2
    gone = {str(path.relative_to(ROOT)) for path in paths if not any(ROOT.glob(str(path.resolve().relative_to(ROOT))))}
    assert not gone, f"{guide} names what is not there"


def test_every_room_of_the_core_is_in_the_floors_of_the_architecture() -> None:
    rooms = {p.name for p in (ROOT / "mmalign_core").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    floors = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Floors")[2]
    named = {word.strip("/") for word in re.findall(r"`mmalign_core/([\w.]+/?)`", floors)}
    assert rooms - {"__init__.py", "__main__.py"} == named


def test_the_types_of_the_picture_are_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"```mermaid\n(.*?)```", text, re.S)
    names = set(re.findall(r"\b[A-Z][a-z]+[A-Za-z]*\b", re.sub(r"<br>[^\"]*", "", picture))) | {"EmbeddingSet"}
    core = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "mmalign_core").rglob("*.py"))
    assert len(names) > 10 and {name for name in names if not re.search(rf"^class {name}\b", core, re.M)} == set()


def test_the_aligner_of_the_guide_works_as_any_other(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.S)
    use = """
import numpy as np
import mmalign_core as mm
x = np.random.default_rng(0).normal(size=(30, 4)) + 5
run = mm.align({"image": x, "text": x - 9}, "centred")
assert run.recall(1) == 1 and np.allclose(np.linalg.norm(run.space["text"].vectors, axis=1), 1, atol=1e-5)
run.save("run")
assert np.array_equal(mm.load("run").aligner.transform(x), run.aligner.transform(x))
assert Centred(share=0.5).get_params() == {"share": 0.5}
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "MMALIGN_HOME": str(tmp_path / "home")}
    shown = subprocess.run([sys.executable, "-c", example + use], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.skipif(not (ROOT / ".venv/.run").exists(), reason="this checkout was not set up by make")
def test_make_run_serves_the_dashboard(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (command,) = [c for c in block("make run") if c.startswith("make run")]
    options = f"--server.port {port} --server.address 127.0.0.1 --server.headless true"
    server = subprocess.Popen(
        [*command.split(), f"ARGS={options}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if f":{port}" in line:
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=30) as answer:
            assert answer.read() == b"ok"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


@pytest.mark.skipif(not (ROOT / ".venv/.test").exists(), reason="this checkout was not set up by make")
def test_make_test_runs_pytest() -> None:
    shown = subprocess.run(
        ["make", "test", "ARGS=-n 0 tests/test_params.py"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert shown.returncode == 0 and " passed" in shown.stdout

"""Where a command's results go is judged before its work; a command can be stopped at any moment, its imports too."""

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from mmalign_core.__main__ import main

ROOT = Path(__file__).parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file where a folder would be needed."""
    file = tmp_path / "file"
    file.write_text("kept")
    return file


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["inspect", "no-data", "--json", "{file}/out.json"], "--json {file}/out.json: cannot be written (Not a dir"),
        (["inspect", "no-data", "--json", "{folder}"], "--json {folder}: cannot be written (Is a dir"),
        (["inspect", "no-data", "--json", "{folder}/" + "x" * 300], "cannot be written (File name too long)"),
        (["recommend", "no-run", "--item", "x", "--html", "{file}/a/b.html"], "--html {file}/a/b.html: cannot"),
        (["project", "no-run", "--out", "{file}/map.parquet"], "--out {file}/map.parquet: cannot"),
        (["align", "no-data", "--save", "{file}/run"], "cannot write to '{file}/run'"),
        (["align", "no-data", "--save", "{folder}/"], "holds something else"),
        (["align", "no-data", "--save", "a name"], "'a name' is no name for a run"),
        (["errors", "no-run", "--json", "{folder}/a", "--csv", "{folder}/./a"], "--json names the same file"),
        (["bundle", "no-run", "--json", "{folder}/a.zip", "--out", "{folder}/a.zip"], "--json names the same file"),
        (["list", "a\nb\x1b[31m\x9b"], "a b [31m "),
    ],
)
def test_a_target_that_cannot_be_written_is_said_before_the_work(
    capsys: pytest.CaptureFixture[str], file: Path, argv: list[str], words: str
) -> None:
    """The data do not exist: a command that had begun its work would have said that."""
    places = {"file": str(file), "folder": str(file.parent)}
    assert main([part.format(**places) for part in argv]) == 2
    said = capsys.readouterr().err
    assert words.format(**places) in said and len(said.splitlines()) == 1
    assert [path.name for path in file.parent.iterdir()] == ["file"] and file.read_text() == "kept"


def test_a_result_goes_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    out = tmp_path / "new" / "deep" / "encoders.json"
    assert main(["list", "encoders", "--json", str(out)]) == 0
    assert out.read_text().startswith("[")
    assert main(["list", "matchers", "--json", str(out)]) == 0 and "hungarian" in out.read_text()


def test_stopped_while_it_still_imports_it_says_one_line(tmp_path: Path) -> None:
    argv = [sys.executable, "-X", "importtime", "-m", "mmalign_core", "demo", str(tmp_path / "demo")]
    # A shell's background job ignores interrupts, and so does whatever it starts, unless told otherwise.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heeds) as started:
        assert started.stderr
        next(line for line in started.stderr if "mmalign_core.types" in line)
        started.send_signal(signal.SIGINT)
        said = [line for line in started.stderr if not line.startswith("import time:")]
    assert started.returncode == 130
    assert len(said) == 1 and "stopped" in said[0]

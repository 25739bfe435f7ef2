"""The command `errors`: JSON, a table, files of others, and bad input in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.workflow import Run, find_errors, save_run
from tests.given_runs import N, aligned, formula_run


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """An empty store."""
    return Store(Path(tmp_path_factory.mktemp("errors")))


@pytest.fixture(scope="module")
def run(kept: Store) -> Run:
    """60 pairs whose texts begin as formulas do."""
    return formula_run(kept)


@pytest.fixture
def line(
    run: Run, kept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command `errors` on a saved run: exit status, output, errors."""
    save_run(run, str(tmp_path / "run"), store=kept)
    save_run(aligned(run.collection, kept), str(tmp_path / "plain"), store=kept)

    def asked(*argv: str, ref: str = "run") -> tuple[int, str, str]:
        status = main(["errors", str(tmp_path / ref), "--store", str(kept.root), *argv])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return asked


def test_the_command_prints_json_and_writes_a_table(
    line: Callable[..., tuple[int, str, str]], tmp_path: Path, run: Run, kept: Store
) -> None:
    table = tmp_path / "out.csv"
    status, out, err = line("--direction", "image->text", "--held-out", "--json", "-", "--csv", str(table))
    assert (status, err) == (0, "")
    assert (
        json.loads(out)["queries"]
        == find_errors(run, store=kept, direction="image->text", held_out=True).report()["queries"]
    )
    assert line("--csv", str(table))[0] == 0 and len(table.read_text(encoding="utf-8").splitlines()) == 2 * N + 1
    status, out, err = line()
    assert status == 0 and f"of {N} queries do not have a right answer first" in out and "2 items lack a side" in out


def test_files_of_others_are_kept(line: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    for option, name in (("--csv", "mine.csv"), ("--json", "mine.json")):
        (tmp_path / name).write_text("id,note\n1,mine\n")
        status, _, err = line(option, str(tmp_path / name))
        assert status == 2 and "was not written by this program" in err and len(err.splitlines()) == 1
        assert (tmp_path / name).read_text() == "id,note\n1,mine\n"
        assert line(option, str(tmp_path / name), "--overwrite")[0] == line(option, str(tmp_path / name))[0] == 0


@pytest.mark.parametrize(
    ("ref", "argv", "words"),
    [
        ("run", ["--direction", "image->audio"], "unknown direction 'image->audio'; run"),
        ("run", ["--direction", "image:text"], "was measured in: image->text, text->image"),
        ("plain", ["--held-out"], "held nothing out (split none); leave out --held-out"),
        ("run", ["--csv", "-"], "--csv -: name a file"),
        ("run", ["--csv", ""], "--csv '' names no file"),
        ("gone", [], "holds no run"),
    ],
)
def test_bad_input_is_one_line(
    line: Callable[..., tuple[int, str, str]], ref: str, argv: list[str], words: str
) -> None:
    status, out, err = line(*argv, ref=ref)
    assert (status, out) == (2, "") and words in err and len(err.splitlines()) == 1

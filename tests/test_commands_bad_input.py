"""Bad input to the command line: one clear line, exit code 2, and nothing on standard output."""

from pathlib import Path

import pytest

from mmalign_core.__main__ import main
from mmalign_core.types import Collection


@pytest.fixture(scope="module")
def demo_folder(demo: Collection) -> str:
    return str(Path(demo.media_of("image")[0].path or "").parents[1])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["inspect", "no-such-folder"], "no-such-folder"),
        (["encode", "{demo}", "--encoder", "image=use-multilingual"], "reads text, not image"),
        (["encode", "{demo}", "--encoder", "image"], "name=value"),
        (["align", "{demo}", "--pair", "image"], "--pair image"),
        (["align", "{demo}", "--pair", "image:video"], "no usable video"),
        (["align", "{demo}", "--aligner", "nothing"], "unknown aligner 'nothing'"),
        (["align", "{demo}", "--test", "1.5"], "--test 1.5"),
        (["align", "{demo}", "--folds", "1"], "--folds 1"),
        (["align", "{demo}", "--matcher-param", "threshold=high"], "argmax takes: none"),
        (["compare", "{demo}", "--aligners", "all", "--fold-column", "part"], "no metadata column 'part'"),
        (["align", "{demo}", "--fold-column", "fold"], "no metadata column 'fold'"),
        (["align", "{demo}", "--time-column", "year"], "needs a test share"),
        (["align", "{demo}", "--correction-param", "k=3"], "none takes: none"),
        (["compare", "{demo}", "--aligners", "ridge,ridge"], "'ridge' is named twice"),
        (["compare", "{demo}", "--aligners", "ridge,procrusts"], "did you mean 'procrustes'"),
        (["compare", "{demo}", "--aligners", "ridge", "--param", "dims=3"], "such as ridge.k=v (they are: ridge)"),
        (["compare", "{demo}", "--aligners", "ridge", "--param", "ridge.dept=3"], "unknown parameter 'dept'"),
        (["compare", "{demo}", "--aligners", "ridge", "--curve", "3"], "measures held-out items"),
        (["compare", "{demo}", "--aligners", ","], "--aligners ,"),
        (["compare", "{demo}", "--aligners", "as-is"], "none of the aligners could be measured (as-is: as-is needs"),
        (["project", "no-such-run", "--out", "x.parquet"], "no-such-run"),
        (["project", "no-such-run", "--out", "x.csv"], ".parquet"),
        (["recommend", "no-such-run", "--item", "x"], "no-such-run"),
        (["recommend", "run"], "--query-text"),
        (["list", "gadgets"], "unknown kind 'gadgets'"),
        (["bench", "everything"], "choose one of: topk, align"),
        (["demo", "{demo}/manifest.jsonl"], "manifest.jsonl"),
        (["demo", "{demo}/manifest.jsonl/sub"], "manifest.jsonl"),
        (["inspect", "{demo}", "--store", "{demo}/manifest.jsonl"], "is a file"),
        (["inspect", "{demo}", "--store", "ftp://host/store"], "not a folder on this machine"),
        (["align", "{demo}", "--seed", "-1"], "the seed is -1"),
        (["recommend", "~no-such-user/run", "--item", "x"], "holds no run"),
        (["evaluate", "~no-such-user/data"], "does not exist"),
        (["encode", "{demo}", "--interactions", "~no-such-user/likes.csv"], "does not exist"),
        (["recommend", "x" * 5000, "--item", "x"], "File name too long"),
        (["encode", "{demo}", "--interactions", "x" * 5000], "File name too long"),
    ],
)
def test_bad_input_is_one_line_and_exit_two(
    capsys: pytest.CaptureFixture[str], demo_folder: str, argv: list[str], words: str
) -> None:
    assert main([part.replace("{demo}", demo_folder) for part in argv]) == 2
    shown = capsys.readouterr()
    lines = shown.err.strip().splitlines()
    assert shown.out == "" and len(lines) == 1 and words in lines[0] and "Traceback" not in shown.err


@pytest.mark.parametrize("argv", [["align"], ["align", "--aligner", "cca"], ["compare", "--aligners", "cca,as-is"]])
def test_a_pair_that_is_not_there_is_refused_before_anything_is_encoded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("a dog")
    store = tmp_path / "store"
    assert main([argv[0], str(tmp_path / "data"), *argv[1:], "--store", str(store)]) == 2
    said = capsys.readouterr().err.strip()
    assert "no usable image; it has: text; choose another pair" in said and "\n" not in said
    assert not list(store.rglob("*.lance"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "required: COMMAND"),
        (["gadget"], "invalid choice: 'gadget'"),
        (["list"], "required: KIND"),
        (["recommend", "run", "--item", "a", "-k", "many"], "'many'"),
        (["align", "data", "--gadget"], "--gadget"),
        (["compare", "data"], "--aligners"),
        (["compare", "data", "--aligners", "a", "--folds", "3", "--test", "0.2"], "not allowed with"),
    ],
)
def test_options_that_do_not_exist_are_one_line_too(
    capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(argv)
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.strip().splitlines()) == 1 and words in shown.err and "--help" in shown.err

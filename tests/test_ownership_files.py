"""A file that this program did not write is not overwritten by an option that names a file to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from circles import write_circles
from store_records import REPOSITORY

from mmalign_core.__main__ import main
from mmalign_core.commands.own_files import GENERATOR

FOREIGN = [
    '{"name": "demo", "version": 1}',
    "[1, 2]",
    '[{"name": "x"}]',
    '{"query": "", "items": [1]}',
    "# Notes",
    '[{"name": "x", "summary": "y", "params": []}]',
    '{"pair": "a:b", "aligner": "mine", "matcher": "mine", "n_train": 4, "metrics": {}}',
    '{"a": 1, "b": 2, "score": 3, "contributions": [], "method": "mine", "faithfulness": {}}',
    '{"bench": "press", "cores": 4, "seed": 1}',
    '{"removed": "x", "bytes": 3, "mine": true}',
    '{"kind": "holidays", "removed": ["x"], "bytes": 3}',
    '{"root": "/", "bytes": 3, "kinds": {"holidays": 1}}',
    '[{"kind": "holidays", "key": "x", "bytes": 3, "about": ""}]',
]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_foreign_file_is_kept_unless_overwriting_is_asked_for(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "package.json"
    out.write_text(text)
    assert main(["list", "matchers", "--json", str(out)]) == 2
    said = capsys.readouterr()
    assert f"--json {out}: that file exists and was not written by this program" in said.err
    assert "--overwrite" in said.err and len(said.err.splitlines()) == 1 and not said.out
    assert out.read_text() == text
    assert main(["list", "matchers", "--json", str(out), "--overwrite"]) == 0
    assert json.loads(out.read_text())[0]["family"] == "matchers"
    assert main(["list", "similarities", "--json", str(out)]) == 0, "our own is replaced without asking"
    assert [p.name for p in tmp_path.iterdir()] == ["package.json"]


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["recommend", "no-run", "--item", "x", "--html"], "page.html"),
        (["project", "no-run", "--out"], "points.parquet"),
        (["align", "no-data", "--json"], "a.json"),
        (["store", "size", "--json"], "a.json"),
    ],
)
def test_a_foreign_target_is_said_before_the_work(
    tmp_path: Path, argv: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither run nor data exist: a command that had begun its work would have said that."""
    out = tmp_path / name
    if name.endswith("parquet"):
        pd.DataFrame({"item": ["a"], "price": [1.0]}).to_parquet(out)
    else:
        out.write_text("<html><title>Mine</title></html>")
    before = out.read_bytes()
    assert main([*argv, str(out)]) == 2
    assert "was not written by this program" in capsys.readouterr().err and out.read_bytes() == before


def test_a_link_keeps_its_place_and_a_device_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to("real.json")
    assert main(["list", "matchers", "--json", str(tmp_path / "link.json")]) == 0
    assert (tmp_path / "link.json").is_symlink() and "hungarian" in (tmp_path / "real.json").read_text()
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
    (tmp_path / "theirs.json").write_text("{}")
    (tmp_path / "to-theirs.json").symlink_to("theirs.json")
    assert main(["list", "matchers", "--json", str(tmp_path / "to-theirs.json")]) == 2
    assert main(["list", "matchers", "--json", os.devnull]) == 0 and not Path(os.devnull).is_file()
    assert (tmp_path / "theirs.json").read_text() == "{}"


def test_a_full_disk_keeps_the_earlier_result(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert main(["list", "similarities", "--json", str(out)]) == 0
    before = out.read_bytes()
    script = (
        "import resource, sys\n"
        "from mmalign_core.__main__ import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "sys.exit(main(['list', 'aligners', '--json', sys.argv[1]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, out], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 2 and "cannot be written" in done.stderr
    assert out.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_what_commands_write_is_known_again(tmp_path: Path) -> None:
    """Every command runs twice with the same targets: the second time over its own results."""
    rng, store = np.random.default_rng(0), ["--store", str(tmp_path / "store")]
    rows = {"ids": np.array([f"i{n}" for n in range(30)])}
    rows |= {name: rng.standard_normal((30, 8)) for name in ("image", "text")}
    np.savez(tmp_path / "own.npz", **rows)
    data, run = str(tmp_path / "own.npz"), str(tmp_path / "run")
    commands = {
        "inspect": ["inspect", data, *store],
        "encode": ["encode", data, *store],
        "align": ["align", data, "--pair", "image:text", "--aligner", "cca", "--save", run, *store],
        "compare": ["compare", data, "--pair", "image:text", "--aligners", "cca,ridge", *store],
        "project": ["project", run, "--out", str(tmp_path / "map.parquet"), *store],
        "recommend": ["recommend", run, "--item", "i1", "--html", str(tmp_path / "page.html"), *store],
        "explain": ["explain", run, "--a", "image:i1", "--b", "text:i1", *store],
        "bench": ["bench", "topk", *store],
        "list": ["list", "language-models"],
        "fetch": ["fetch", "--list", *store],
        "store": ["store", "list", *store],
        "size": ["store", "size", *store],
    }
    for _ in range(2):
        for name, argv in commands.items():
            assert main([*argv, "--json", str(tmp_path / f"{name}.json")]) == 0, name
    assert GENERATOR in (tmp_path / "page.html").read_bytes()
    page = (tmp_path / "page.html").read_bytes().replace(GENERATOR, b"")  # as it was written before
    (tmp_path / "page.html").write_bytes(page)
    assert main(commands["recommend"]) == 0


def test_no_result_is_written_into_a_saved_run(tmp_path: Path) -> None:
    """Neither into one that is there nor into the one that --save is about to make."""
    (tmp_path / "run" / "collection").mkdir(parents=True)
    (tmp_path / "run" / "mmalign.json").write_text("{}")
    own = tmp_path / "run" / "collection" / "media.json"
    own.write_text("[]")
    assert main(["list", "matchers", "--json", str(own)]) == 2
    assert own.read_text() == "[]"
    write_circles(tmp_path, {})
    new = tmp_path / "new"
    args = ["align", str(tmp_path / "manifest.csv"), "--aligner", "bridge", "--save", str(new)]
    assert main([*args, "--json", str(new / "report.json")]) == 2
    assert not new.exists()


def test_an_answer_without_items_is_nobodys(tmp_path: Path) -> None:
    foreign = tmp_path / "search.json"
    foreign.write_text('{"query": "mine", "items": []}')
    assert main(["list", "matchers", "--json", str(foreign)]) == 2
    assert foreign.read_text() == '{"query": "mine", "items": []}'

"""A store that cannot be written still encodes, aligns and draws what it keeps; one of an earlier version goes on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.__main__ import main
from mmalign_core.store import Store, save_run_folder
from mmalign_core.store.start import STAMP
from tests.store_records import REPOSITORY, run_record
from tests.written import content


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    lines = ["id,image,text"]
    for number in range(20):
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / f"{number}.png")
        lines.append(f"i{number},{number}.png,number {number}")
    (folder / "manifest.csv").write_text("\n".join(lines))
    return folder / "manifest.csv"


def commands(data: Path, root: Path, out: Path) -> list[list[str]]:
    encoders = ["--encoder", "text=bag-of-words", "--encoder", "image=colour-gradient"]
    ends = ["--store", str(root), "--json"]
    align = ["align", str(data), *encoders, "--pair", "image:text", "--aligner", "ridge"]
    return [
        ["encode", str(data), *encoders, *ends, str(out / "encode.json")],
        [*align, *ends, str(out / "align.json")],
        ["project", "kept", "--out", str(out / "map.parquet"), *ends, str(out / "map.json")],
        ["recommend", "kept", "--item", "i1", *ends, str(out / "answer.json")],
    ]


WITHOUT_RIGHTS = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE: permissions then stop root too
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1], sys.argv[2]])
"""
ALL = "import json, sys; from mmalign_core.__main__ import main; sys.exit(max(map(main, json.loads(sys.argv[1]))))"


def run_read_only(folder: Path, words: list[list[str]]) -> None:
    """Run commands in a process that may write nowhere below the folder."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        command = [sys.executable, "-c", WITHOUT_RIGHTS, ALL, json.dumps(words)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr


def test_a_read_only_store_encodes_aligns_draws_and_recommends_what_it_keeps(data: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "store", tmp_path / "out"
    align = commands(data, root, out)[1]
    assert main([*align[:-1], str(out / "first.json"), "--save", "kept"]) == 0
    for words in commands(data, root, out):
        assert main(words) == 0
    (root / "media" / ".x.0123abcd.mmalign-part").mkdir(parents=True)  # of a killed writer: it cannot go now
    shutil.rmtree(root / "maps")  # a map that is not kept is drawn all the same
    before, again = content(root), tmp_path / "again"
    run_read_only(root, commands(data, root, again))
    assert content(root) == before
    for name in ("encode", "align", "map", "answer"):
        assert (again / f"{name}.json").is_file()
    first, second = (json.loads((folder / "align.json").read_text())["metrics"] for folder in (out, again))
    assert first == second
    assert json.loads((again / "encode.json").read_text())["by_modality"]["image"]["encoded"] == 0


def test_a_store_without_a_stamp_is_of_an_earlier_version_and_gets_one(tmp_path: Path) -> None:
    save_run_folder(run_record(["a"]), tmp_path / "runs" / "run-1")
    Store(tmp_path)
    assert json.loads((tmp_path / STAMP).read_text()) == {"format": "mmalign-store", "version": 1}
    empty = tmp_path / "documents"
    empty.mkdir()
    Store(empty)
    assert not list(empty.iterdir())

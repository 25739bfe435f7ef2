"""Engines without a cluster: options, addresses, Ray absent, what workers check, and shards read in this process."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path

import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.data import read_collection
from mmalign_core.data.sections import find_sections, joined_sections, read_section
from mmalign_core.engines.work import check_version, check_visible
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media
from tests.shard_files import write_lance, write_manifest, write_shards, write_table


@pytest.fixture
def texts(tmp_path: Path) -> str:
    """A collection of one text."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("a line")
    return str(tmp_path / "data")


@pytest.mark.parametrize("command", ["encode", "compare"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--engine", "ray", "--ray-address", "ray://127.0.0.1:1"], "no Ray cluster answers at 'ray://127.0.0.1:1'"),
        (["--engine", "ray", "--ray-address", "127.0.0.1:x"], "is no address of a Ray cluster; write ray://host:10001"),
        (["--engine", "ray", "--workers", "0"], "--workers is 0; give a number from 1"),
        (["--engine", "ray", "--worker-gpus", "-1"], "--worker-gpus is -1.0; give a number from 0"),
        (["--workers", "2"], "--workers is an option of --engine ray; add that"),
    ],
)
def test_options_that_cannot_be_met_are_one_line(texts, capsys, command, options, told):
    if "ray" in options and "--ray-address" in options:
        pytest.importorskip("ray", reason="Ray is not installed")
        pytest.importorskip("lance", reason="pylance is not installed")
    more = ["--aligners", "as-is", "--pair", "image:text"] if command == "compare" else []
    assert main([command, texts, "--encoder", "text=bag-of-words", *more, *options]) == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1


@pytest.mark.parametrize("package", ["ray", "lance"])
def test_without_ray_the_line_that_installs_it_is_shown(texts, capsys, monkeypatch, package):
    if package == "lance":
        pytest.importorskip("ray", reason="Ray is not installed")
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["encode", texts, "--engine", "ray"]) == 2
    line = capsys.readouterr().err
    assert f"needs '{package}', which is not installed; run: pip install 'mmalign[ray]'" in line
    assert line.count("\n") == 1


def test_a_worker_refuses_another_version_and_data_that_it_cannot_see():
    with pytest.raises(BadInput, match="does not see '/nowhere'; put the data"):
        check_visible([Media("a", "image", "0" * 32, path="/nowhere/a.png")])
    check_visible([Media("a", "text", "0" * 32, text="words")])
    with pytest.raises(BadInput, match=r"not 0\.0\.0-other; install one everywhere"):
        check_version("0.0.0-other")


def test_a_folder_of_shards_is_one_collection(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    for shard in range(2):
        with tarfile.open(folder / f"part-{shard}.tar", "w") as tar:
            for name, content in (("a.txt", f"text {shard}"), ("a.json", '{"price": 3}'), ("b.txt", "same")):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content.encode()))
    read = read_collection(folder, settings=Settings(root=tmp_path / "home"))
    assert list(read.ids) == ["part-0/a", "part-0/b", "part-1/a", "part-1/b"]
    assert [medium.text for medium in read.media] == ["text 0", "same", "text 1", "same"]
    assert read.items["price"].tolist()[::2] == [3, 3]
    (folder / "other.txt").write_text("words")
    assert any("read the archive by itself" in s.reason for s in read_collection(folder).skipped)


@pytest.mark.parametrize(
    ("write", "sizes"),
    [(write_shards, (3, 12)), (write_table, (3, 10)), (write_lance, (90,))],
    ids=["webdataset", "parquet", "lance"],
)
def test_sections_read_apart_give_the_items_and_media_of_the_whole(tmp_path, monkeypatch, write, sizes):
    monkeypatch.setattr("mmalign_core.data.sections.LANCE_ROWS", 40)
    data, settings = write(tmp_path / "data", *sizes), Settings(root=tmp_path / "home")
    sections = find_sections(data)
    assert len(sections) == 3
    parts = [read_section(section, settings) for section in sections]
    joined, whole = joined_sections(data, sections, parts), read_collection(data, settings=settings)
    assert joined.ids == whole.ids and joined.table == whole.table and len(whole.ids) >= 30
    assert joined.skipped == whole.skipped


def test_sections_that_need_the_whole_are_not_divided(tmp_path):
    assert find_sections(write_manifest(tmp_path / "files", 2)) == ()
    folder = tmp_path / "given"
    folder.mkdir()
    pd.DataFrame({"text": ["a", "b"], "text_vector": [[1.0, 2.0], [3.0, 4.0]]}).to_parquet(folder / "a.parquet")
    assert find_sections(folder) == ()

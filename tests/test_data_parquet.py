"""Parquet with files in its cells, and the manifests that have none: the same rows, within the same limits."""

import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.data import collect_uploads, inspect_collection, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import png, wav, write
from tests.saved_datasets import media


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def test_bytes_in_the_columns_of_a_manifest_are_files(tmp_path: Path, kept: Settings) -> None:
    rows = {"id": ["a", "b"], "image": [png(1), png(2)], "audio": [wav(1), None], "year": [1999, 2000]}
    pd.DataFrame(rows).to_parquet(tmp_path / "manifest.parquet")
    found = read_collection(tmp_path, settings=kept)
    assert [(m.item, m.modality, Path(m.path or "").parent) for m in found.media] == [
        ("a", "image", kept.root / "media"),
        ("a", "audio", kept.root / "media"),
        ("b", "image", kept.root / "media"),
    ]
    assert found.items["year"].tolist() == [1999, 2000] and not found.skipped
    assert inspect_collection(found, settings=kept).report()["by_modality"]["audio"]["usable"] == 1
    uploaded = collect_uploads([("manifest.parquet", tmp_path / "manifest.parquet")], settings=kept)
    assert uploaded.digest == found.digest


def test_paths_beside_bytes_name_what_goes_wrong_and_nothing_else(tmp_path: Path, kept: Settings) -> None:
    paths: list[str | None] = ["../../home/note.png", "/etc/cron.d/x.png", "C:\\windows\\猫.png"]
    cells = media([b"some text", png(1), png(1)], paths)
    pq.write_table(pa.table({"image": cells}), tmp_path / "m.parquet")
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert [m.item for m in found.media] == ["2", "3"] and "'note.png'" in found.skipped[0].reason
    assert {p.parent for p in tmp_path.rglob("*.png")} == {kept.root / "media"}


def test_a_manifest_without_bytes_keeps_the_meaning_of_its_columns(tmp_path: Path, kept: Settings) -> None:
    write(tmp_path, {"a.png": png(1)})
    pd.DataFrame({"image": ["a.png"], "text": ["a"], "caption": ["is metadata"], "label": ["u"]}).to_parquet(
        tmp_path / "m.parquet"
    )
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert found.ids == ("1",) and found.modalities == ("text", "image") and not found.notes
    assert found.items.columns.tolist() == ["caption", "label"]


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
@pytest.mark.parametrize("fixed", [True, False])
def test_vectors_of_any_width_of_number_are_read(
    tmp_path: Path, kept: Settings, kind: pa.DataType, fixed: bool
) -> None:
    rows = [[0.5, 1.0], None, [np.nan, 1.0], [2.0, 3.0]]
    vectors = pa.array(rows, pa.list_(pa.float64(), 2) if fixed else pa.list_(pa.float64()))
    vectors = vectors.cast(pa.list_(kind, 2) if fixed else pa.list_(kind))
    pq.write_table(pa.table({"id": list("abcd"), "image_vector": vectors}), tmp_path / "m.parquet", row_group_size=3)
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert found.vectors["image"].ids == ("a", "d") and found.vectors["image"].vectors.tolist() == [[0.5, 1], [2, 3]]
    assert {s.id: s.reason.split(";")[0] for s in found.skipped} == {
        "b": "image_vector is missing",
        "c": "image_vector holds NaN or infinity",
    }


def test_arrays_beside_a_folder_of_shards_follow_their_order(tmp_path: Path, kept: Settings) -> None:
    for shard in range(2):
        rows = pa.table({"id": [f"{shard}{n}" for n in range(2)], "text": ["a", "b"]})
        pq.write_table(rows, tmp_path / f"train-0000{shard}-of-00002.parquet")
    np.save(tmp_path / "image.npy", np.arange(8.0).reshape(4, 2))
    found = read_collection(tmp_path, settings=kept)
    assert found.vectors["image"].ids == ("00", "01", "10", "11")
    assert found.vectors["image"].vectors[3].tolist() == [6, 7]


def test_one_value_repeated_without_end_is_not_unpacked(tmp_path: Path, kept: Settings) -> None:
    large = png(1) + b"\0" * (4 << 20)
    cells = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3000, np.int32)), pa.array([large]))
    pq.write_table(pa.table({"image": cells}), tmp_path / "m.parquet", compression="zstd")
    assert (tmp_path / "m.parquet").stat().st_size < 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadInput, match="MMALIGN_MAX_ARCHIVE_BYTES"):
        read_collection(tmp_path / "m.parquet", settings=Settings(root=kept.root, max_archive_bytes=200 << 20))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000  # kilobytes; unpacked it is 12 GB


LARGE: list[bytes | None] = [png(1) + b"\0" * 60_000] * 4


@pytest.mark.parametrize("cells", [pa.array(LARGE), media(LARGE, ["a.png"] * 4)])
def test_files_that_are_too_much_together_are_refused_before_any_is_unpacked(
    tmp_path: Path, kept: Settings, cells: pa.Array
) -> None:
    pq.write_table(pa.table({"image": cells}), tmp_path / "m.parquet", compression="zstd", use_dictionary=False)
    assert (tmp_path / "m.parquet").stat().st_size < 3000
    with pytest.raises(BadInput, match=r"holds more than 200,000 bytes.*MMALIGN_MAX_ARCHIVE_BYTES"):
        read_collection(tmp_path / "m.parquet", settings=Settings(root=kept.root, max_archive_bytes=200_000))
    assert not (kept.root / "media").exists()
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert len(found.media) == 4


def test_rows_of_large_files_are_read_one_at_a_time(
    tmp_path: Path, kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmalign_core.data.columnar.table._MEDIA_BYTES", 100_000)
    cells = [png(n) + b"\0" * 20_000 for n in range(5)]
    pq.write_table(pa.table({"image": cells, "text": list("abcde")}), tmp_path / "m.parquet")
    seen: list[str] = []
    found = read_collection(tmp_path / "m.parquet", settings=kept, progress=lambda _, said: seen.append(said))
    assert [Path(m.path or "").read_bytes() for m in found.media_of("image")] == cells
    assert sum("of 5 rows" in said for said in seen) == 5


def test_media_beside_parquet_still_pair_by_stem(tmp_path: Path, kept: Settings) -> None:
    write(tmp_path, {"cat.png": png(1), "cat.txt": "a cat"})
    pd.DataFrame({"text": ["x"]}).to_parquet(tmp_path / "other.parquet")
    found = read_collection(tmp_path, settings=kept)
    assert found.ids == ("cat",) and "names texts, or files that are here" in found.skipped[0].reason


def test_links_that_lead_out_or_nowhere_are_no_shards(tmp_path: Path, kept: Settings) -> None:
    pd.DataFrame({"text": ["inside"]}).to_parquet(tmp_path / "out-00000-of-00001.parquet")
    folder = write(tmp_path / "data", {"a.txt": "a text"})
    (folder / "x-00000-of-00002.parquet").symlink_to(tmp_path / "out-00000-of-00001.parquet")
    (folder / "x-00001-of-00002.parquet").symlink_to(folder / "x-00001-of-00002.parquet")
    found = read_collection(folder, settings=kept)
    assert found.ids == ("a",) and len(found.skipped) == 2

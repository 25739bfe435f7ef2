"""Data sets that were saved and are not whole: one line says what lacks, and no damage does more."""

from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Dataset, Features, Value
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import png
from tests.saved_datasets import dataset, media, stream


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("dataset_dict.json", "{}", "names no splits"),
        ("dataset_dict.json", '{"splits": ["../../etc"]}', "leaves the folder"),
        ("dataset_dict.json", '{"splits": ["gone"]}', "'gone' has no folder"),
        ("dataset_dict.json", "[", "not JSON"),
        ("state.json", '{"_data_files": [{"filename": "../x.arrow"}]}', "leaves the folder"),
        ("state.json", '{"_data_files": [{"filename": "gone.arrow"}]}', "'gone.arrow' is missing"),
        ("state.json", '{"_data_files": [{"filename": 7}]}', "save the data set again"),
        ("state.json", "[]", "not a JSON object"),
        ("dataset_info.json", "\xff", "not JSON"),
        ("data-00000-of-00001.arrow", "", "not a readable Arrow file"),
        ("data-00000-of-00001.arrow", "ARROW1 no", "not a readable Arrow file"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(
    tmp_path: Path, kept: Settings, name: str, content: str, words: str
) -> None:
    dataset(2).save_to_disk(str(tmp_path / "set"))
    (tmp_path / "set" / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(BadInput, match=words) as caught:
        read_collection(tmp_path / "set", settings=kept)
    assert "\n" not in str(caught.value)


def test_no_rows_are_said_and_truncated_files_refused(tmp_path: Path, kept: Settings) -> None:
    with pytest.raises(BadInput, match="holds no rows"):
        read_collection(stream(tmp_path / "a.arrow", {"text": pa.array([], pa.string())}), settings=kept)
    Dataset.from_dict({"text": []}, features=Features({"text": Value("string")})).save_to_disk(str(tmp_path / "none"))
    with pytest.raises(BadInput, match="'none' holds no rows"):
        read_collection(tmp_path / "none", settings=kept)
    whole = stream(tmp_path / "a.arrow", {"text": ["a" * 1000] * 50}).read_bytes()
    (tmp_path / "a.arrow").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="not a readable Arrow file"):
        read_collection(tmp_path / "a.arrow", settings=kept)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6), st.floats(0.3, 2))
def test_damage_anywhere_gives_one_line_or_rows(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]], share: float
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    columns = {"image": media([png(1), None], ["a.png", "b.png"]), "text": ["a", "é"], "text_vector": [[1.0, 2.0]] * 2}
    whole = bytearray(stream(folder / "a.arrow", columns).read_bytes())
    for at, value in changes:
        whole[int(at * (len(whole) - 1))] = value
    (folder / "a.arrow").write_bytes(whole[: int(share * len(whole))])
    try:
        assert read_collection(folder / "a.arrow", settings=Settings(root=folder / "store")).ids
    except BadInput as error:
        assert "\n" not in str(error)

"""Data sets of pictures, sounds, classes and vectors that the tests save with Hugging Face `datasets`."""

from pathlib import Path

import pyarrow as pa
from datasets import Audio, ClassLabel, Dataset, DatasetInfo, Features, Image, List, Value
from datasets.table import InMemoryTable

from tests.sample_files import png, wav

FEATURES = Features(
    {
        "img": Image(),
        "caption": Value("string"),
        "label": ClassLabel(names=["cat", "dog"]),
        "image_embedding": List(Value("float16"), length=3),
        "snd": Audio(sampling_rate=16000),
        "box": List(Value("float32"), length=4),
    }
)


def media(contents: list[bytes | None], paths: list[str | None]) -> pa.Array:
    """The struct that `datasets` keeps files in."""
    cells = [{"bytes": content, "path": path} for content, path in zip(contents, paths)]
    return pa.array(cells, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))


def table(rows: int, first: int = 0) -> pa.Table:
    """Rows with a picture, a caption, a class (the last one unknown), vectors and a sound without a name."""
    numbers = range(first, first + rows)
    columns = {
        "img": media([png(n) for n in numbers], [f"photo {n}.png" for n in numbers]),
        "caption": [f"number {n}" for n in numbers],
        "label": [-1 if n == numbers[-1] else n % 2 for n in numbers],
        "image_embedding": pa.array([[float(n), 0.5, 1.0] for n in numbers], pa.list_(pa.float32(), 3)),
        "snd": media([wav(n % 5) for n in numbers], [None] * rows),
        "box": pa.array([[0.0, 1.0, 2.0, 3.0]] * rows, pa.list_(pa.float32(), 4)),
    }
    return pa.table(columns).cast(FEATURES.arrow_schema)


def dataset(rows: int, first: int = 0) -> Dataset:
    """The table as a data set; sounds are put in as bytes, since encoding them takes a package more."""
    return Dataset(InMemoryTable(table(rows, first)), info=DatasetInfo(features=FEATURES))


def stream(path: Path, columns: dict[str, object]) -> Path:
    """An Arrow stream of the columns, as `datasets` writes them."""
    rows = pa.table(columns)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, rows.schema) as writer:
        writer.write_table(rows)
    return path

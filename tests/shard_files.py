"""Data in shards that tests write: WebDataset, Parquet, Lance, and a manifest of files."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image


def picture(number: int) -> bytes:
    """A PNG that differs for each number."""
    made = io.BytesIO()
    noise = np.random.default_rng(number).integers(0, 255, (24, 24, 3), np.uint8)
    Image.fromarray(noise).save(made, "PNG")
    return made.getvalue()


def write_shards(folder: Path, shards: int, each: int) -> Path:
    """WebDataset shards; the last text of each shard is that of the first, and one picture is none."""
    folder.mkdir(parents=True)
    for shard in range(shards):
        with tarfile.open(folder / f"part-{shard:03d}.tar", "w") as tar:
            for item in range(each):
                number = shard * each + item
                content = b"no picture" if number == 1 else picture(number)
                words = f"red thing number {number % (each - 1)}"
                for name, data in ((f"{item:03d}.png", content), (f"{item:03d}.txt", words.encode())):
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
    return folder


def write_table(folder: Path, shards: int, each: int) -> Path:
    """Parquet shards with pictures and texts in their cells."""
    folder.mkdir(parents=True)
    for shard in range(shards):
        numbers = range(shard * each, (shard + 1) * each)
        rows = {"image": [{"bytes": picture(n)} for n in numbers], "text": [f"blue thing {n}" for n in numbers]}
        pd.DataFrame(rows).to_parquet(folder / f"data-{shard:05d}-of-{shards:05d}.parquet")
    return folder


def write_lance(folder: Path, rows: int) -> Path:
    """A Lance table with pictures in its cells and no ids."""
    import lancedb
    import pyarrow as pa

    made = {"image": [picture(n) for n in range(rows)], "text": [f"green thing {n}" for n in range(rows)]}
    lancedb.connect(folder).create_table("things", pa.table(made))
    return folder


def write_manifest(folder: Path, rows: int) -> Path:
    """A manifest of picture files."""
    folder.mkdir(parents=True)
    for number in range(rows):
        (folder / f"{number}.png").write_bytes(picture(number))
    frame = pd.DataFrame({"id": range(rows), "image": [f"{n}.png" for n in range(rows)], "text": "same words"})
    frame.to_csv(folder / "manifest.csv", index=False)
    return folder

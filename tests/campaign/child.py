"""A process that reads mutated files one after the other, and writes a line of JSON about each to its output."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import IO

from tests.campaign.mutations import mutated
from tests.campaign.samples import MADE, MEDIA, sample

OTHER = "other.txt"
"""A text beside the damaged file, which is to be read whatever that one holds."""


def write_input(seed: int, number: int, formats: list[str], folder: Path) -> str:
    """Write input `number` of the campaign `seed` into the folder; return its format."""
    rng = random.Random(f"{seed} {number}")
    format = formats[number % len(formats)]
    files = dict(sample(format))
    harmed = rng.choice(sorted(files))
    files[harmed] = mutated(files[harmed], rng)
    if format in MEDIA:
        files[OTHER] = b"another item"
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return format


def data_of(format: str, folder: Path) -> Path:
    """What is given to be read: the folder, or the one file or folder in it that is a collection."""
    inside = sorted(folder.iterdir())
    whole = format in MEDIA or format in ("npy",) or len(inside) != 1
    return folder if whole else inside[0]


def read(format: str, folder: Path) -> tuple[str, str]:
    """'read' or 'refused', or what went wrong and the trace."""
    from mmalign_core.data import inspect_collection, read_collection
    from mmalign_core.settings import Settings
    from mmalign_core.types import BadInput

    settings = Settings(root=folder.parent / "store", threads=1)
    try:
        collection = read_collection(data_of(format, folder), settings=settings)
        inspect_collection(collection, settings=settings)
    except BadInput as error:
        if "\n" in str(error):
            return "lines", str(error)
        return ("lost", str(error)) if format in MEDIA else ("refused", "")
    except Exception:  # noqa: BLE001 - whatever it is, it is what the campaign looks for
        return "traceback", traceback.format_exc()
    return "read", ""


def peak_mb() -> int:
    """The largest resident memory of this program in MiB; that of the process that started it does not count."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def main(seed: int, first: int, count: int, formats: list[str]) -> None:
    """Read the inputs; what others print on the error stream is caught by its file descriptor."""
    with os.fdopen(os.dup(1), "w") as out, tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        for number in range(first, first + count):
            _one(seed, number, formats, out, held)


def _one(seed: int, number: int, formats: list[str], out: IO[str], held: IO[bytes]) -> None:
    """Read one input, and write the lines about it to `out`; `held` has what was printed."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as scratch:
        folder = Path(scratch) / "data"
        folder.mkdir()
        format = write_input(seed, number, formats, folder)
        print(json.dumps({"begin": number, "format": format}), file=out, flush=True)
        before = time.process_time()
        result, trace = read(format, folder)
        took = time.process_time() - before
        shutil.rmtree(folder.parent / "store", ignore_errors=True)
    sys.stderr.flush()
    held.seek(0)
    printed = held.read().decode("utf-8", "replace")
    held.seek(0)
    held.truncate()
    peak = peak_mb()
    line = {"number": number, "format": format, "result": result, "seconds": round(took, 3), "peak_mb": peak}
    extra = {"trace": trace} if trace else {}
    print(json.dumps(line | extra | ({"printed": printed[:2000]} if printed else {})), file=out, flush=True)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    main(given["seed"], given["first"], given["count"], given.get("formats") or [*MADE])

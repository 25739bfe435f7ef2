"""Weight files: checks that they are complete and of their stated format, and a version that changes with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.types import BadInput, digest_bytes

_LONGEST_HEADER = 100 * 2**20
"""Most bytes of a safetensors header; the format's own limit."""
_SAMPLE = 4096
"""Bytes sampled at the start, middle and end of every tensor. Chosen: training changes all numbers of a tensor."""


def check_weights(folder: Path) -> None:
    """Raise BadInput if the folder holds no weights, or incomplete, damaged or falsely named safetensors."""
    paths = weight_files(folder)
    if not paths:
        raise BadInput(
            f"model folder '{shown(folder)}' holds no weights (.safetensors); the download may be cut: fetch it again"
        )
    for path in paths:
        if path.suffix == ".safetensors":
            read_header(path)
    for index in files_of(folder, "*.safetensors.index.json"):
        _check_shards(index)


def files_of(folder: Path, pattern: str) -> list[Path]:
    """Sorted files in the folder and its direct subfolders that match the pattern; models do not lie deeper."""
    paths = [*folder.glob(pattern), *folder.glob(f"*/{pattern}")]
    return sorted(path for path in paths if path.is_file() and not path.parent.name.startswith("."))


def weight_files(folder: Path) -> list[Path]:
    """All .safetensors files, and the .bin files of folders without them."""
    safe = files_of(folder, "*.safetensors")
    held = {path.parent for path in safe}
    return safe + [path for path in files_of(folder, "*.bin") if path.parent not in held]


def read_header(path: Path) -> dict[str, Any]:
    """Tensor name -> dtype, shape and offsets. Raises BadInput if the file is not safetensors of the stated length."""
    name, size = f"weights '{shown(path)}'", path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) == 8 and size < 8 + length <= _LONGEST_HEADER:
            raise BadInput(f"{name} are cut short in their header; fetch the model again")
        text = file.read(length) if len(start) == 8 and length <= _LONGEST_HEADER else b""
    try:
        header = json.loads(text)
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        stated = 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise BadInput(f"{name} are not in the safetensors format and are not opened; get the real file") from error
    if size != stated:
        what = "cut short" if size < stated else "followed by something else"
        raise BadInput(f"{name} are {what}: {size:,} bytes of {stated:,}; fetch the model again")
    return header


def _check_shards(index: Path) -> None:
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"'{shown(index)}' is damaged; fetch the model again") from error
    lacking = sorted(name for name in names if not (index.parent / str(name)).is_file())
    if lacking:
        raise BadInput(f"{len(lacking)} of {len(names)} weight files named in '{shown(index)}' are missing")


def weights_version(folder: Path) -> str:
    """Return 12 hexadecimal digits that depend on weights, configuration and tokenizer, and not on the folder's path.

    For a snapshot of the hub they come from the commit. In other folders small files are read whole, and of weights
    the header and samples of every tensor: a few megabytes for any model.
    """
    if folder.parent.name == "snapshots" and len(folder.name) == 40:
        return folder.name[:12]
    parts = [part for path in _files(folder) for part in _sampled(folder, path)]
    return digest_bytes(*parts)[:12]


def files_stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, bytes and modification time of every file that a vector depends on; equal while the files are unchanged."""
    return tuple(file_stamp(path) for path in _files(folder))


def file_stamp(path: Path) -> tuple[str, int, int]:
    """Path, bytes and modification time in nanoseconds of a file."""
    held = path.stat()
    return str(path), held.st_size, held.st_mtime_ns


def _files(folder: Path) -> Iterator[Path]:
    """The files that a vector depends on, in a fixed order."""
    small = (path for suffix in ("json", "txt", "model", "jinja") for path in files_of(folder, f"*.{suffix}"))
    yield from sorted({*small, *weight_files(folder)}, key=lambda path: path.relative_to(folder).as_posix())


def _sampled(folder: Path, path: Path) -> Iterator[bytes]:
    yield path.relative_to(folder).as_posix().encode(errors="surrogatepass")
    if path.suffix not in (".safetensors", ".bin"):
        yield path.read_bytes()
        return
    size = path.stat().st_size
    yield size.to_bytes(8, "little")
    with path.open("rb") as file:
        for start in _places(path, size):
            file.seek(start)
            yield file.read(_SAMPLE)


def _places(path: Path, size: int) -> list[int]:
    """Byte offsets of the samples: in every tensor, or 1,024 over the file if it is not safetensors."""
    if path.suffix != ".safetensors":
        return list(range(0, size, max(_SAMPLE, size // 1024)))
    header = read_header(path)
    base = 8 + int.from_bytes(_first(path), "little")
    places = set(range(0, base, _SAMPLE))
    for key, entry in header.items():
        if key != "__metadata__":
            start, end = entry["data_offsets"]
            places |= {base + start, base + (start + end) // 2, base + max(start, end - _SAMPLE)}
    return sorted(places)


def _first(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises BadInput if the file is absent, damaged or of another form."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"'{shown(path.name)}' is missing in the model folder '{shown(path.parent)}'") from error
    except (ValueError, OSError, RecursionError) as error:
        raise BadInput(f"'{shown(path)}' cannot be read as JSON; fetch the model again") from error
    if not isinstance(value, dict):
        raise BadInput(f"'{shown(path)}' holds no settings of a model; fetch the model again")
    return value

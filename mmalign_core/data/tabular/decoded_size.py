"""Decoded size of tables: what dictionaries and packings unpack to, found before they are unpacked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.tabular.budgets import check_bytes, check_columns, check_rows, most_bytes
from mmalign_core.data.tabular.cells import is_list, is_text_type
from mmalign_core.settings import Settings
from mmalign_core.store.parquet_chunks import column_chunks

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
"""Bytes of a value of each physical type of fixed size (Parquet's format, Types)."""
_OFFSET = 4
"""Bytes of the offset of a text."""
_DICTIONARIES, _PREFIXES = {"RLE_DICTIONARY", "PLAIN_DICTIONARY"}, {"DELTA_BYTE_ARRAY"}
"""Encodings in which what is stored once may stand in many cells."""
_LUMP, _PACKED = 8 << 20, 8
"""Bytes of a dictionary, or growth of a column, from which one value may be too large to be held for eight rows. Our
choice: writers end dictionaries at 1 MB, and media hardly grow when unpacked."""
_BATCH = 1 << 16
"""Rows whose texts are measured at a time; our choice: their numbers alone are held."""
_FEW = 64
"""The same where texts share their beginnings, which must be unpacked to be measured; our choice."""


def check_parquet(path: Path, name: str, settings: Settings | None = None, *, events: bool = False) -> None:
    """Raises BadInput, which calls the file `name`, if its rows, columns or decoded bytes exceed the budgets.

    `events`: its rows are interactions. Numbers are counted by the file's description, and texts that are stored once
    for many cells in the cells, without unpacking them; binary cells are counted where they are read. Raises Arrow's
    errors on damaged files.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        metadata, texts = file.metadata, set(_text_leaves(file.schema_arrow))
        check_columns(metadata.num_columns, name, settings)
        check_rows(metadata.num_rows, name, settings, events=events)
        stored = path.stat().st_size
        known, repeated, prefixes = _stated_bytes(path, metadata, texts)
        check_bytes(known, stored, name, settings)
        if known + repeated.total() <= most_bytes(stored, settings):
            return
    batch = _FEW if prefixes else _BATCH
    with pq.ParquetFile(path, read_dictionary=sorted(set(repeated) - prefixes), pre_buffer=False) as file:
        for part in file.iter_batches(batch_size=batch, columns=[*repeated], use_threads=False):
            known += sum(decoded_bytes(column) for column in part.columns)
            check_bytes(known, stored, name, settings)


def _stated_bytes(path: Path, metadata: Any, texts: set[str]) -> tuple[int, Counter[str], set[str]]:
    """Bytes of all numbers and of texts stored one by one; text leaf -> the most its repeated texts can take.

    And the leaves whose texts share their beginnings.
    """
    known, repeated, prefixes = 0, Counter[str](), set[str]()
    leaves = [metadata.schema.column(at) for at in range(metadata.num_columns)]
    for at, chunk in column_chunks(path, len(leaves)):
        leaf, values = leaves[at], max(chunk.values, 0)
        width = leaf.length if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY" else _WIDTHS.get(leaf.physical_type, 0)
        known += values * (width or _OFFSET)
        if width or leaf.path not in texts:
            continue
        if (_DICTIONARIES | _PREFIXES) & chunk.encodings:
            repeated[leaf.path] += values * max(chunk.unpacked, 0)
            prefixes |= {leaf.path} if _PREFIXES & chunk.encodings else set()
        else:
            known += max(chunk.unpacked, 0)
    return known, repeated, prefixes


def has_lumps(path: Path, columns: int) -> bool:
    """Whether a large value may be stored once for many cells, so that rows are to be read one at a time.

    `columns`: the leaves of the schema.
    """
    return any(
        chunk.dictionary_page is not None
        and chunk.unpacked > _LUMP
        and (
            chunk.unpacked > _PACKED * chunk.packed
            or chunk.data_page - (chunk.dictionary_page or chunk.data_page) > _LUMP
        )
        for _, chunk in column_chunks(path, columns)
    )


def _text_leaves(schema: Any) -> Iterator[str]:
    """The paths of the leaves of texts of an Arrow schema, as Parquet calls them."""
    for field in schema:
        yield from _leaves_of(field.name, field.type)


def _leaves_of(path: str, type: Any) -> Iterator[str]:
    if isinstance(type, pa.DictionaryType):
        yield from _leaves_of(path, type.value_type)
    elif is_text_type(type):
        yield path
    elif is_list(type):
        for word in dict.fromkeys((type.value_field.name, "element", "item")):
            yield from _leaves_of(f"{path}.list.{word}", type.value_type)
    elif pa.types.is_struct(type):
        for at in range(type.num_fields):
            yield from _leaves_of(f"{path}.{type.field(at).name}", type.field(at).type)


def decoded_bytes(array: Any) -> int:
    """Bytes that an Arrow array takes without dictionaries and runs, which are not unpacked to count them."""
    if isinstance(array, pa.ExtensionArray):
        return decoded_bytes(array.storage)
    if isinstance(array, pa.DictionaryArray):
        each = _sizes(array.dictionary)
        return int(pc.sum(each.take(array.indices)).as_py() or 0) + _OFFSET * len(array)
    if isinstance(array, pa.RunEndEncodedArray):
        ends = array.run_ends.to_numpy(zero_copy_only=False)
        return decoded_bytes(array.values) * max(1, int(ends[-1]) if len(ends) else 0) // max(1, len(array.values))
    if isinstance(array, pa.MapArray):  # a list that cannot be flattened
        return decoded_bytes(array.keys) + decoded_bytes(array.items) + _OFFSET * len(array)
    if isinstance(array, (pa.ListArray, pa.LargeListArray)):
        return decoded_bytes(array.flatten()) + _OFFSET * len(array)
    if isinstance(array, pa.StructArray):
        return sum(decoded_bytes(part) for part in array.flatten())
    return array.nbytes


def _sizes(values: Any) -> Any:
    """The bytes of each value of a dictionary (n,)."""
    if is_text_type(values.type) or pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return pc.cast(pc.fill_null(pc.binary_length(values), 0), pa.int64())
    return pa.array([max(1, decoded_bytes(values) // max(1, len(values)))] * len(values), pa.int64())

"""Samples of columns: the first values of each, read once for all columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.data.columnar.features import bare, features_of
from mmalign_core.data.columnar.parts import Part, Source, readable
from mmalign_core.data.tabular.cells import as_list
from mmalign_core.data.tabular.contents import SAMPLE, Feature

BATCH = 8
"""Rows that are read at a time where a medium may lie in each; our choice: one may be as large as a file."""
_FURTHER = 50
"""Columns that are looked for beyond the first batch; our choice: each needs another pass."""


def own_features(part: Part) -> dict[str, Feature]:
    """Column -> its feature in one part; raises BadInput if the schema cannot be read."""
    with readable(part.name, "table"):
        return features_of(part.schema, part.stated)


class Samples:
    """`samples(column)`: its first values that are there; of a struct of media its bytes.

    Raises BadInput if the table is damaged.
    """

    def __init__(self, source: Source, features: Mapping[str, Feature]) -> None:
        self._source, self._features = source, features
        self._firsts: dict[str, Any] = {}
        self._further = _FURTHER

    def __call__(self, column: str) -> list[Any]:
        """At most SAMPLE values of the first batch that holds any."""
        if self._features[column].kind == "nothing":
            return []
        holding = [part for part in self._source.parts if part.schema.get_field_index(column) >= 0]
        for part in holding:
            if values := self._values(self._first(part), column):
                return values
        if self._further:
            self._further -= 1
            return self._later(holding, column)
        return []

    def _first(self, part: Part) -> Any:
        """The first batch of a part, which is kept; None if it has no rows."""
        if part.name not in self._firsts:
            with readable(part.name, "table"):
                batch = next(iter(part.batches(1 if part.lumps else BATCH)), None)
                if batch is not None:
                    batch.validate(full=True)
            self._firsts[part.name] = batch
        return self._firsts[part.name]

    def _later(self, parts: list[Part], column: str) -> list[Any]:
        for part in parts:
            with readable(part.name, "table"):
                for batch in part.batches(1 if part.lumps else BATCH):
                    batch.validate(full=True)
                    if values := self._values(batch, column):
                        return values
        return []

    def _values(self, batch: Any, column: str) -> list[Any]:
        if batch is None:
            return []
        cells = batch.column(column)
        if _holds_times(cells.type):  # Python has no nanoseconds, and not every zone
            return [value for value in as_list(cells) if value is not None][:SAMPLE]
        return [_content(value) for value in [v.as_py() for v in cells if v.is_valid][:SAMPLE]]


def _holds_times(type: Any) -> bool:
    """Whether an Arrow type is, or is made of, dates, times or durations."""
    import pyarrow as pa

    type = bare(type)
    if pa.types.is_dictionary(type) or pa.types.is_run_end_encoded(type):
        return _holds_times(type.value_type)
    return pa.types.is_temporal(type) or any(_holds_times(type.field(at).type) for at in range(type.num_fields))


def _content(value: Any) -> Any:
    """The bytes in a struct of media, or in the first of a list of them; any other value itself."""
    value = value[0] if isinstance(value, list) and value and isinstance(value[0], (dict, bytes)) else value
    return value.get("bytes") if isinstance(value, dict) else value

"""Features of columns: the kind of content, by the Arrow type and by the features of Hugging Face `datasets`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mmalign_core.data.formats import HEAD_BYTES, sniff
from mmalign_core.data.tabular.caption_objects import TEXT_KEYS
from mmalign_core.data.tabular.cells import is_list
from mmalign_core.data.tabular.contents import Feature

_MEDIA = {"Image": "image", "Audio": "audio", "Video": "video"}
_LIST_DEPTH = 4
"""Levels of nested lists that are inspected; our choice."""
_BLOBS = ((b"lance-encoding:blob", b"true"), (b"ARROW:extension:name", b"lance.blob.v2"))
"""Metadata by which older and newer Lance tables mark blobs, of which a row holds only the position, not the bytes."""


def features_of(schema: Any, stated: Mapping[str, Any]) -> dict[str, Feature]:
    """Column -> its feature. `stated`: the features in a data set's description; if empty, those in the schema."""
    stated = stated or stated_in(schema)
    return {field.name: _feature(field, stated.get(field.name)) for field in schema}


def stated_in(schema: Any) -> Mapping[str, Any]:
    """The features that `datasets` wrote into the metadata of an Arrow schema; {} if there are none."""
    written = (schema.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(written)["info"]["features"] if written else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _feature(field: Any, stated: Any) -> Feature:
    is_blob = any((field.metadata or {}).get(name) == value for name, value in _BLOBS)
    kind, heavy = kind_of(field.type), is_blob or _is_heavy(field.type)
    said = _inner(stated)
    type_name = str(said.get("_type", ""))
    labels = said.get("names") if type_name == "ClassLabel" and kind == "number" else None
    return Feature(
        "other" if is_blob else kind,
        _MEDIA.get(type_name, "") if kind == "media" else "",
        tuple(map(str, labels)) if isinstance(labels, list) else (),
        heavy,
    )


def _inner(stated: Any) -> Mapping[str, Any]:
    """The stated feature of a column, or of the entries of its lists."""
    for _ in range(_LIST_DEPTH):
        if isinstance(stated, list) and len(stated) == 1:
            stated = stated[0]
        elif isinstance(stated, dict) and isinstance(stated.get("feature"), (dict, list)):
            stated = stated["feature"]
    return stated if isinstance(stated, dict) else {}


def kind_of(type: Any) -> str:
    """The kind (see `Feature`) of an Arrow type.

    A list of floats, or of a fixed number of integers, is a vector; any other list of media, texts or vectors is of the
    kind of its entries.
    """
    import pyarrow as pa

    is_, type = pa.types, type if _is_uuid(type) else bare(type)
    if is_.is_dictionary(type) or is_.is_run_end_encoded(type):
        return kind_of(type.value_type)
    if is_list(type) or is_.is_list_view(type) or is_.is_large_list_view(type):
        return _kind_of_list(type)
    if _is_uuid(type) or is_.is_temporal(type):
        return "value"
    if is_.is_string(type) or is_.is_large_string(type) or is_.is_string_view(type):
        return "text"
    if is_.is_integer(type) or is_.is_floating(type) or is_.is_boolean(type) or is_.is_decimal(type):
        return "number"
    media = _is_binary(type) or _is_media_struct(type)
    return "media" if media else "nothing" if is_.is_null(type) else "text" if says_texts(type) else "other"


def says_texts(type: Any) -> bool:
    """Whether a type is a struct with a field for a text, such as a caption with its source, or a list of them."""
    import pyarrow as pa

    type = bare(type)
    if is_list(type):
        return says_texts(type.value_type)
    fields = [type.field(i) for i in range(type.num_fields)] if pa.types.is_struct(type) else []
    return any(field.name in TEXT_KEYS and kind_of(field.type) == "text" for field in fields)


def _kind_of_list(type: Any) -> str:
    import pyarrow as pa

    inner = bare(type.value_type)
    if pa.types.is_floating(inner) or (pa.types.is_integer(inner) and pa.types.is_fixed_size_list(type)):
        return "vector"
    return kind if (kind := kind_of(inner)) in ("media", "text", "vector") else "other"


def as_text(feature: Feature, value: Any) -> Feature:
    """The feature of a column of bytes whose first `value` is text in UTF-8: texts that were saved as bytes."""
    if not isinstance(value, bytes) or not value or b"\0" in value or sniff(value[:HEAD_BYTES]) not in (None, "text"):
        return feature
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return feature
    return replace(feature, kind="text", heavy=False, coded=True)


def is_bytes(type: Any) -> bool:
    """Whether an Arrow type holds bytes, plain or dictionary- or run-end-encoded. Structs and UUIDs do not count."""
    import pyarrow as pa

    if _is_uuid(type):
        return False
    type = bare(type)
    coded = pa.types.is_dictionary(type) or pa.types.is_run_end_encoded(type)
    return is_bytes(type.value_type) if coded else _is_binary(type)


def _is_uuid(type: Any) -> bool:
    return getattr(type, "extension_name", "") == "arrow.uuid"


def bare(type: Any) -> Any:
    """The storage type of an extension type; any other type itself."""
    import pyarrow as pa

    return bare(type.storage_type) if isinstance(type, pa.BaseExtensionType) else type


def _is_binary(type: Any) -> bool:
    import pyarrow as pa

    is_ = pa.types
    return (
        is_.is_binary(type) or is_.is_large_binary(type) or is_.is_fixed_size_binary(type) or is_.is_binary_view(type)
    )


def _is_media_struct(type: Any) -> bool:
    """Whether a type is the struct of bytes and path in which Hugging Face stores files; either may be missing."""
    import pyarrow as pa

    if not pa.types.is_struct(type):
        return False
    fields = {type.field(i).name: type.field(i).type for i in range(type.num_fields)}
    return "bytes" in fields and _is_binary(fields["bytes"])


def _is_heavy(type: Any) -> bool:
    if _is_uuid(type):
        return False
    type = bare(type)
    inside = [type.field(i).type for i in range(type.num_fields)]
    return _is_binary(type) or any(map(_is_heavy, inside))

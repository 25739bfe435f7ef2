"""Roles of the columns of a data set: inferred from exact names first, then from contents and usual names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmalign_core.data.columnar.features import Feature
from mmalign_core.data.formats import HEAD_BYTES, sniff
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.data.tabular.vectors import VECTOR_NAMES, vectors_of
from mmalign_core.types import MODALITIES, BadInput

USUAL = {
    "id": ("item_id", "image_id", "audio_id", "video_id", "key", "__key__", "uid", "uuid", "_id", "asin", "file_name"),
    "text": ("caption", "captions", "title", "sentence", "sentences", "description", "alt_text", "prompt", "txt"),
    "image": ("images", "img", "picture", "photo", "jpg", "jpeg", "png", "webp", "image_bytes"),
    "audio": ("audios", "sound", "speech", "wav", "flac", "mp3", "ogg", "audio_bytes"),
    "video": ("videos", "mp4", "webm", "video_bytes"),
}
"""Names that columns of a role have in published data sets, the most likely first."""
LONGEST_LIST = 16
"""Numbers in a list of metadata; our choice: longer lists are vectors."""
_LISTED, _LISTED_METADATA = 12, 20
"""Columns that a message and a note list; our choice."""
_FITS = dict.fromkeys(("id", "text"), ("text", "number", "value")) | dict.fromkeys(MODALITIES[1:], ("media", "text"))
_WORDS = {
    "media": "bytes",
    "text": "text",
    "vector": "vectors",
    "number": "numbers",
    "value": "dates, times or UUIDs",
    "other": "other things",
    "nothing": "nothing",
}


@dataclass
class Roles:
    """`names`: column -> its role, or its own name if it is metadata; `left_out`: (column, modality, reason).

    `guessed_id`: the column of ids was found by a usual name, so that its values must be checked.
    """

    names: dict[str, str] = field(default_factory=dict)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    guessed_id: bool = False

    def column(self, role: str) -> str | None:
        """The column with the role; None if there is none."""
        return next((c for c, r in self.names.items() if r == role), None)

    def sentence(self) -> str:
        """The roles as one sentence for the notes."""
        taken = [f"{role} from '{shown(c)}'" for c, role in self.names.items() if role in KNOWN_COLUMNS]
        ids = [] if self.column("id") else ["ids are the numbers of the rows"]
        rest = [f"'{shown(c)}'" for c, role in self.names.items() if role not in KNOWN_COLUMNS]
        return "; ".join(
            [", ".join(taken), *ids, *([f"metadata from {', '.join(rest[:_LISTED_METADATA])}"] if rest else [])]
        )


def infer_roles(features: Mapping[str, Feature], peek: Callable[[str], Any], source: str) -> Roles:
    """The roles of the columns, given the feature of each.

    `peek(column)`: its first value that is not null, or None; the bytes of a medium. It is called where neither the
    name nor the feature says what a column holds. Raises BadInput if no column is a text, a medium or a vector.
    """
    roles = Roles()
    kinds = {c: f.modality or (_sniffed(peek(c)) if f.kind == "media" else "") for c, f in features.items()}
    for column, feature in features.items():
        role = column.lower()
        fits = role in KNOWN_COLUMNS and feature.kind in _FITS.get(role, ("vector", "text", "other", "nothing"))
        if fits and roles.column(role) is None and not (role == "id" and feature.labels):
            roles.names[column] = role
    for modality in MODALITIES[1:]:
        _take_media(roles, modality, features, kinds)
    _take_text(roles, features)
    _take_id(roles, features)
    _take_vectors(roles, features)
    _check_any(roles, features, source)
    _rest(roles, features, peek)
    roles.names = {c: roles.names[c] for c in features if c in roles.names}
    return roles


def _sniffed(value: Any) -> str:
    kind = sniff(value[:HEAD_BYTES]) if isinstance(value, bytes) else None
    return kind if kind in ("image", "audio") else ""


def _take_media(roles: Roles, modality: str, features: Mapping[str, Feature], kinds: Mapping[str, str]) -> None:
    """Give the role to the media column of a usual name, or to the only one that holds the modality."""
    if roles.column(modality):
        return
    free = [c for c, f in features.items() if f.kind == "media" and c not in roles.names]
    by_name = _usual(modality, (c for c in free if not features[c].modality or features[c].modality == modality))
    holding = [c for c in free if kinds[c] == modality]
    if by_name or len(holding) == 1:
        roles.names[by_name or holding[0]] = modality
        return
    for column in holding:
        others = ", ".join(f"'{shown(c)}'" for c in holding)
        why = f"several columns hold the modality {modality} ({others}); call the one that is meant '{modality}'"
        roles.left_out.append((column, modality, why))


def _take_text(roles: Roles, features: Mapping[str, Feature]) -> None:
    """Give the role to the column of the most likely name, or to the only column of texts."""
    if roles.column("text"):
        return
    ids = ("id", *USUAL["id"])
    texts = [c for c, f in features.items() if f.kind == "text" and c not in roles.names and c.lower() not in ids]
    column = _usual("text", texts) or (texts[0] if len(texts) == 1 else None)
    if column:
        roles.names[column] = "text"


def _take_id(roles: Roles, features: Mapping[str, Feature]) -> None:
    if roles.column("id"):
        return
    fitting = (c for c, f in features.items() if f.kind in _FITS["id"] and not f.labels and c not in roles.names)
    column = _usual("id", fitting)
    if column:
        roles.names[column], roles.guessed_id = "id", True


def _take_vectors(roles: Roles, features: Mapping[str, Feature]) -> None:
    """Give the roles to vectors whose names say the modality; 'vector' is of the only modality that is present."""
    present = [m for m in MODALITIES if roles.column(m)]
    for column, feature in features.items():
        if feature.kind != "vector" or column in roles.names:
            continue
        plain = column.lower() in VECTOR_NAMES
        modality = present[0] if plain and len(present) == 1 else vectors_of(column)
        if modality and roles.column(f"{modality}_vector") is None:
            roles.names[column] = f"{modality}_vector"


def _check_any(roles: Roles, features: Mapping[str, Feature], source: str) -> None:
    if set(roles.names.values()) & set(KNOWN_COLUMNS[1:]):
        return
    columns = ", ".join(f"'{shown(c)}' of {_WORDS[f.kind]}" for c, f in list(features.items())[:_LISTED]) or "none"
    raise BadInput(
        f"'{shown(source)}' has no column that is clearly a text, picture, sound, video or vector (its columns: "
        f"{columns}); rename the one that is to text, image, audio, video, image_vector, text_vector or audio_vector"
    )


def _rest(roles: Roles, features: Mapping[str, Feature], peek: Callable[[str], Any]) -> None:
    """Columns without a role become metadata, except bytes and long lists of numbers, which are left out."""
    told = {column for column, _, _ in roles.left_out}
    for column, feature in features.items():
        if column in roles.names or column in told or not column.strip() or column.startswith("__index_level_"):
            continue
        if feature.heavy and feature.kind == "other":
            why = "its bytes are no plain cells; save the column as binary"
        elif feature.heavy:
            why = "it holds bytes; call it image, audio or video if it is one"
        elif feature.kind == "vector" and len(peek(column) or ()) > LONGEST_LIST:
            why = "nothing says what its vectors are of; call it image_vector, text_vector or audio_vector"
        else:
            roles.names[column] = column
            continue
        roles.left_out.append((column, "", f"the column '{shown(column)}' is not used: {why}"))


def _usual(role: str, columns: Iterable[str]) -> str | None:
    """The column with the most likely name for the role; None if there is none."""
    by_name = {c.lower(): c for c in columns}
    return next((by_name[name] for name in (role, *USUAL[role]) if name in by_name), None)

"""Roles of the columns of a table: given by a person, else by exact names, then by contents and usual names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmalign_core.data.formats import HEAD_BYTES, sniff
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.column_names import (
    columns_by_language,
    numbered_columns,
    path_column,
    plain_name,
    usual_column,
)
from mmalign_core.data.tabular.column_roles import METADATA, NONE
from mmalign_core.data.tabular.contents import Feature, Sample, count_numbers, files_named
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.data.tabular.vectors import VECTOR_NAMES, vectors_of
from mmalign_core.types import MODALITIES, BadInput

LONGEST_LIST = 16
"""Numbers in a list of metadata; our choice: longer lists are vectors."""
_LISTED, _LISTED_METADATA = 12, 20
"""Columns that a message and a note list; our choice."""
_FITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("id", "text"), ("text", "number", "value")),
    **dict.fromkeys(MODALITIES[1:], ("media", "text")),
}
_WORDS = {"media": "bytes", "vector": "vectors", "number": "numbers", "value": "dates, times or UUIDs"}
_WORDS |= {"text": "text", "other": "other things", "nothing": "nothing"}


@dataclass
class Roles:
    """`names`: column -> its role, or its own name if it is metadata; `left_out`: (column, modality, reason).

    Several columns of one medium are several media of each item. `guessed_id`: the column of ids was found by a usual
    name, so that its values must be checked. `guessed`: the columns whose role their exact name does not say.
    """

    names: dict[str, str] = field(default_factory=dict)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    guessed_id: bool = False
    guessed: set[str] = field(default_factory=set)
    _left: set[str] = field(default_factory=set)

    def leave(self, column: str, modality: str, why: str) -> None:
        """Leave a column out, for a reason; a second reason is not told."""
        if self.is_free(column):
            self._left.add(column)
            self.left_out.append((column, modality, why))

    def is_free(self, column: str) -> bool:
        """Whether the column has no role yet and is not left out."""
        return column not in self.names and column not in self._left

    def column(self, role: str) -> str | None:
        """The first column with the role; None if there is none."""
        return next((c for c, r in self.names.items() if r == role), None)

    def take(self, role: str, *columns: str) -> None:
        """Give the role to columns."""
        self.names.update(dict.fromkeys(columns, role))
        self.guessed.update(c for c in columns if c.lower() != role)

    def sentence(self) -> str:
        """The roles as one sentence for the notes."""
        taken = [f"{role} from '{shown(c)}'" for c, role in self.names.items() if role in KNOWN_COLUMNS]
        ids = [] if self.column("id") else ["ids are the numbers of the rows"]
        rest = [f"'{shown(c)}'" for c, role in self.names.items() if role not in KNOWN_COLUMNS]
        more = f" and {len(rest) - _LISTED_METADATA:,} more" if len(rest) > _LISTED_METADATA else ""
        listed = ", ".join(rest[:_LISTED_METADATA]) + more
        return "; ".join([", ".join(taken), *ids, *([f"metadata from {listed}"] if rest else [])])


def infer_roles(
    features: Mapping[str, Feature],
    sample: Sample,
    source: str,
    given: Mapping[str, str] | None = None,
    *,
    plain: bool = False,
    bare: bool = False,
) -> Roles:
    """The roles of the columns, given the feature of each.

    `sample(column)`: its first values, or the bytes of media; it is called where neither the name nor the feature says
    what a column holds. `given`: column -> the role that a person gives it. `plain`: a manifest, of which a column with
    an exact name has that role whatever it holds. Raises BadInput if no column is a text, a medium or a vector, unless
    `bare`.
    """
    roles = Roles()
    _take_given(roles, features, given or {})
    _take_exact(roles, features, plain)
    kinds = {c: f.modality or (_sniffed(sample(c)) if f.kind == "media" else "") for c, f in features.items()}
    for modality in MODALITIES[1:]:
        _take_media(roles, modality, features, kinds)
    texts = [c for c, f in features.items() if f.kind == "text" and roles.is_free(c)]
    paths = {c: modality for c in texts if (modality := files_named(sample(c)))}
    _take_paths(roles, paths)
    _take_text(roles, [c for c in texts if c not in paths], plain)
    _take_id(roles, features)
    _take_vectors(roles, features)
    if not bare:
        _check_any(roles, features, source, plain)
    _rest(roles, features, sample)
    roles.names = {c: roles.names[c] for c in features if c in roles.names}
    return roles


def _take_given(roles: Roles, features: Mapping[str, Feature], given: Mapping[str, str]) -> None:
    """Give the roles that a person chose. Raises BadInput if two columns are ids, or vectors of one modality."""
    by_name = {plain_name(c): c for c in features} | {c: c for c in features}
    for name, role in given.items():
        column = by_name.get(name) or by_name.get(plain_name(name))
        if column is None:
            continue
        if role == NONE:
            roles.leave(column, "", f"the column '{shown(column)}' is not used, as asked")
        elif role == METADATA:
            roles.names[column] = f"{column} (metadata)" if column.lower() in KNOWN_COLUMNS else column
        elif roles.column(role) and role not in MODALITIES:
            raise BadInput(f"'{shown(roles.column(role))}' and '{shown(column)}' cannot both be {role}; choose one")
        else:
            roles.take(role, column)


def _take_exact(roles: Roles, features: Mapping[str, Feature], plain: bool) -> None:
    given = set(roles.names.values())
    for column, feature in features.items():
        role = column.lower()
        if role not in KNOWN_COLUMNS or not roles.is_free(column):
            continue
        if role in given:
            roles.leave(column, "", f"the column '{shown(column)}' is not used: another one was chosen as {role}")
            continue
        fits = plain or feature.kind in _FITS.get(role, ("vector", "text", "other", "nothing"))
        if plain and column != role and role in features:
            continue
        if fits and roles.column(role) is None and not (role == "id" and feature.labels):
            roles.names[column] = role


def _sniffed(values: Iterable[Any]) -> str:
    value = next(iter(values), None)
    kind = sniff(value[:HEAD_BYTES]) if isinstance(value, bytes) else None
    return kind if kind in ("image", "audio") else ""


def _take_media(roles: Roles, modality: str, features: Mapping[str, Feature], kinds: Mapping[str, str]) -> None:
    """Give the role to the media column of a usual name, or to the only one that holds the modality."""
    if roles.column(modality):
        return
    free = [c for c, f in features.items() if f.kind == "media" and roles.is_free(c)]
    by_name = usual_column(modality, (c for c in free if features[c].modality in ("", modality)))
    holding = [c for c in free if kinds[c] == modality]
    if by_name or len(holding) == 1:
        roles.take(modality, by_name or holding[0])
        return
    for column in holding:
        others = ", ".join(f"'{shown(c)}'" for c in holding)
        why = f"several columns hold the modality {modality} ({others}); call the one that is meant '{modality}'"
        roles.leave(column, modality, why)


def _take_paths(roles: Roles, paths: Mapping[str, str]) -> None:
    """Give each modality without media the column that names its files: of a usual name, else all of them."""
    for modality in MODALITIES[1:]:
        own = [c for c, named in paths.items() if named == modality and roles.is_free(c)]
        column = path_column(modality, own)
        if own and roles.column(modality) is None:
            roles.take(modality, *([column] if column else own))


def _take_text(roles: Roles, texts: list[str], plain: bool) -> None:
    """Give the role to the columns of the most likely name, or to the only column of texts.

    In a manifest the only column of texts counts where nothing else can be used.
    """
    if roles.column("text"):
        return
    ids = [c for c in texts if usual_column("id", [c]) or c.lower() == "id"]
    numbered = numbered_columns("text", texts)
    free = [c for c in texts if c not in ids]
    alone = len(free) == 1 and not (plain and set(roles.names.values()) & set(KNOWN_COLUMNS[1:]))
    named = usual_column("text", free)
    several = numbered or columns_by_language("text", free)
    column = named or (free[0] if alone and not several else None)
    if column or several:
        roles.take("text", *([column] if column else several))


def _take_id(roles: Roles, features: Mapping[str, Feature]) -> None:
    if roles.column("id"):
        return
    fitting = (c for c, f in features.items() if f.kind in _FITS["id"] and not f.labels and roles.is_free(c))
    column = usual_column("id", fitting)
    if column:
        roles.take("id", column)
        roles.guessed_id = True


def _take_vectors(roles: Roles, features: Mapping[str, Feature]) -> None:
    """Give the roles to vectors whose names say the modality; 'vector' is of the only modality that is present."""
    present = [m for m in MODALITIES if roles.column(m)]
    for column, feature in features.items():
        if feature.kind != "vector" or not roles.is_free(column):
            continue
        plain = column.lower() in VECTOR_NAMES
        modality = present[0] if plain and len(present) == 1 else vectors_of(column)
        if modality and roles.column(f"{modality}_vector") is None:
            roles.take(f"{modality}_vector", column)


def _check_any(roles: Roles, features: Mapping[str, Feature], source: str, plain: bool) -> None:
    if set(roles.names.values()) & set(KNOWN_COLUMNS[1:]):
        return
    if plain:
        listed = ", ".join(f"'{shown(c)}'" for c in list(features)[:_LISTED]) or "none"
        raise BadInput(
            f"'{shown(source)}' has no column text, image, audio or video (its columns: {listed}); rename the column "
            "that holds the texts or the paths of the files, or give it the role: --role NAME=text"
        )
    columns = ", ".join(f"'{shown(c)}' of {_WORDS[f.kind]}" for c, f in list(features.items())[:_LISTED]) or "none"
    raise BadInput(
        f"'{shown(source)}' has no column that is clearly a text, picture, sound, video or vector (its columns: "
        f"{columns}); rename the one that is to text, image, audio, video, image_vector, text_vector or audio_vector"
    )


def _rest(roles: Roles, features: Mapping[str, Feature], sample: Sample) -> None:
    """Columns without a role become metadata, except bytes and long lists of numbers, which are left out."""
    for column, feature in features.items():
        if not roles.is_free(column) or not column.strip() or column.startswith("__index_level_"):
            continue
        if feature.heavy and feature.kind == "other":
            why = "its bytes are no plain cells; save the column as binary"
        elif feature.heavy:
            why = "it holds bytes; call it image, audio or video if it is one"
        elif feature.kind == "vector" and any(count_numbers(v) > LONGEST_LIST for v in sample(column)):
            why = "nothing says what its vectors are of; call it image_vector, text_vector or audio_vector"
        else:
            roles.names[column] = column
            continue
        roles.leave(column, "", f"the column '{shown(column)}' is not used: {why}")

"""The view of a session as plain data. Its digests are the keys of every cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mmalign_core.types import BadInput, Collection, digest_json
from mmalign_core.wording import say
from mmalign_core.workflow import DEFAULT_ENCODERS, Choices, Run, default_aligner, modality_pairs, reference_of

_CHOSEN = tuple(one.name for one in fields(Choices) if one.name != "parts")
"""The choices that a form offers: `parts` are a repaired run's own."""


@dataclass(frozen=True)
class ViewSpec:
    """`source`: {"kind", "value"}: "demo" and "" or "planted", "folder" and its path, "upload" and its digest, or
    "run" and the name of a saved run. `choices`: fields of `workflow.Choices` and "encoders"; what is absent takes the
    default for the collection. `map`: keyword arguments of `workflow.project_run`. `board`: the names of "aligners" to
    compare, and the choices they share.
    """

    source: Mapping[str, str]
    choices: Mapping[str, Any] = field(default_factory=dict)
    map: Mapping[str, Any] = field(default_factory=dict)
    board: Mapping[str, Any] = field(default_factory=dict)

    @property
    def collection_key(self) -> str:
        """Digest of the source of the collection."""
        return digest_json(dict(self.source))

    @property
    def saved(self) -> str:
        """The name of the saved run that is shown as it was saved; '' where the collection is aligned anew."""
        return self.source["value"] if self.source["kind"] == "run" and not self.choices else ""

    @property
    def run_key(self) -> str:
        """Digest of the collection and the choices of its alignment."""
        return digest_json([self.collection_key, dict(self.choices)])

    @property
    def map_key(self) -> str:
        """Digest of the run and the settings of its map."""
        return digest_json([self.run_key, dict(self.map)])

    @property
    def board_key(self) -> str:
        """Digest of the collection and the shared choices of the compared aligners, without their names."""
        return digest_json([self.collection_key, {k: v for k, v in self.board.items() if k != "aligners"}])

    def key(self, kind: str) -> str:
        """Return the digest under which the results cache keeps the collection, run, map or inspection."""
        keys = {"collection": self.collection_key, "run": self.run_key, "map": self.map_key}
        return keys.get(kind, self.collection_key)


def complete(choices: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    """Return the choices with the defaults for this collection. Raises BadInput if no item has two modalities."""
    pairs = modality_pairs(collection)
    if not pairs:
        held = ", ".join(collection.modalities) or "nothing"
        raise BadInput(
            say(
                "no item of '{name}' has two modalities (it holds: {held}); add pairs to align, or go on to "
                "Recommend, which needs none",
                name=collection.name,
                held=held,
            )
        )
    pair = tuple(choices.get("pair") or pairs[0])
    whole = {"encoders": {}, **choices, "pair": pair}
    return {"aligner": default_aligner(pair, whole["encoders"], collection.vectors), **whole}


def as_choices(choices: Mapping[str, Any], collection: Collection) -> tuple[Choices, dict[str, str]]:
    """Return the workflow's choices, and the encoders of the collection's modalities that are not the default."""
    whole = complete(choices, collection)
    encoders = {m: name for m, name in whole.pop("encoders").items() if m in collection.modalities}
    return Choices(**whole), {m: name for m, name in encoders.items() if name != DEFAULT_ENCODERS.get(m)}


def choices_of(run: Run) -> dict[str, Any]:
    """Return the choices of a run as a view holds them, so that a form can show those of a saved run."""
    chosen = {name: getattr(run.choices, name) for name in _CHOSEN}
    own = {m: reference_of(key) for m, key in run.encoders.items() if m not in run.collection.vectors}
    encoders = {m: name for m, name in own.items() if name != DEFAULT_ENCODERS.get(m)}
    kept = {name: value for name, value in chosen.items() if value not in (None, {})}
    return {**kept, "pair": list(run.choices.pair), "params": dict(run.aligner.params), "encoders": encoders}


def board_entries(board: Mapping[str, Any], collection: Collection) -> tuple[list[Choices], dict[str, str]]:
    """Return the workflow's choices for each compared aligner, and the encoders that are not the default."""
    shared = {name: value for name, value in board.items() if name != "aligners"}
    found = [as_choices({**shared, "aligner": name}, collection) for name in board["aligners"]]
    return [choices for choices, _ in found], found[0][1] if found else {}

"""Explanations as plain dictionaries, for files and other programs."""

from __future__ import annotations

from typing import Any

from mmalign_core.explain.masks import MediaMap
from mmalign_core.workflow.explaining.explaining_pairs import Named, PairExplanation


def pair_json(found: PairExplanation) -> dict[str, Any]:
    """What `explain --json` prints."""
    said = found.explanation
    words = found.concepts
    return {
        "a": found.a.name,
        "b": found.b.name,
        "score": found.score,
        "contributions": _labelled(said.contributions),
        "method": said.method,
        "faithfulness": {side: faithfulness_json(made) for side, made in found.maps.items()},
        "maps": {side: map_json(made) for side, made in found.maps.items()},
        "components": {"rest": found.component_rest, "terms": [dict(vars(c)) for c in found.components]},
        "anchors": {"rest": found.anchor_rest, "terms": _labelled(found.anchors)},
        "attention weights, not attribution": {side: _labelled(made) for side, made in found.attention.items()},
        "concepts": words
        and {
            **{side: {"words": _labelled(w.words), "cosine": w.cosine} for side, w in (("a", words.a), ("b", words.b))},
            "shared": _labelled(words.shared),
        },
        "notes": list(found.notes),
    }


def map_json(made: MediaMap) -> dict[str, Any]:
    """A map as plain dictionaries; `parts` and `rest` sum to `score`."""
    parts = [
        {"label": part.label, "place": list(part.place), "value": float(value)}
        | ({"sense": part.sense} if part.sense else {})
        for part, value in zip(made.parts, made.values)
    ]
    return {
        "modality": made.modality,
        "method": made.method,
        "score": made.score,
        "parts": parts,
        "rest": made.rest,
        "faithfulness": faithfulness_json(made),
    }


def faithfulness_json(made: MediaMap) -> dict[str, Any] | None:
    """The numbers, and whether the map is better than a random order; None where nobody looked."""
    seen = made.faithfulness
    return seen and {**vars(seen), "interval": list(seen.interval), "better": seen.better}


def _labelled(rows: Named) -> list[dict[str, Any]]:
    return [{"label": label, "value": value} for label, value in rows]

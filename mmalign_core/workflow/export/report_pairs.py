"""The pictures of a report: the map as drawn shapes, and the worst pairs with their media."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmalign_core.data.titles import item_titles, one_line
from mmalign_core.settings import Settings
from mmalign_core.triage.causes import Cause, cause_sentence, cause_words
from mmalign_core.types import BadInput, EmbeddingSet, Media
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.error_report import ErrorReport
from mmalign_core.workflow.export.films import film_strip
from mmalign_core.workflow.export.media_uris import picture_uri, sound_uri
from mmalign_core.workflow.maps.space_map import SpaceMap

WORST, PIXELS, MOST_LETTERS = 12, 220, 280
"""Pairs, width of a picture and characters of a text. Our choices: a page that is read, of one or two MB."""
_LONGEST_SOUND = 300_000
"""Bytes of a sound that becomes part of the page: with three to a pair, twelve pairs stay below 15 MB."""
_LONGEST_SENTENCE = 400
"""Characters of the evidence of a cause; our choice: it holds two titles and two texts, and no list without end."""
_MOST_POINTS = 3000
"""Points that are drawn. Our choice: more hide one another, and each adds 60 bytes."""
_WIDTH, _HEIGHT, _MARGIN = 1000.0, 620.0, 14.0
"""Size of the drawing in its own units, and the room at its edges, which holds a point."""


def drawn_points(drawn: SpaceMap) -> dict[str, Any]:
    """Modality -> (x, y) of its points in a field of `width` x `height`; a seeded sample where there are too many."""
    points = drawn.points
    if len(points) > _MOST_POINTS:
        points = points.iloc[np.sort(np.random.default_rng(0).choice(len(points), _MOST_POINTS, replace=False))]
    places = points[["x", "y"]].to_numpy(float)
    low, span = places.min(0), np.maximum(np.ptp(places, axis=0), 1e-9)
    room = np.array([_WIDTH, _HEIGHT]) - 2 * _MARGIN
    scaled = _MARGIN + (places - low) / span * room
    modality = points["modality"].to_numpy()
    names = list(dict.fromkeys(modality))
    groups = {name: [(round(x, 1), round(y, 1)) for x, y in scaled[modality == name].tolist()] for name in names}
    projection = drawn.projection
    return {
        "groups": groups,
        "width": _WIDTH,
        "height": _HEIGHT,
        "shown": len(points),
        "of": len(drawn.points),
        "kept": f"{projection.neighbour_overlap:.0%}",
        "by_chance": f"{projection.by_chance[1]:.0%}",
        "faithful": projection.better_than_chance,
    }


class PairCards:
    """Draws the worst pairs of a run."""

    def __init__(self, run: Run, settings: Settings) -> None:
        self.run, self.settings, self._titles = run, settings, item_titles(run.collection)
        self._media = {(m.item, m.modality, m.digest): m for m in run.collection.media}

    def worst(self, errors: ErrorReport, most: int = WORST) -> list[dict[str, Any]]:
        """The wrong queries that rank worst, each with what was asked, chosen and right, ranks and causes."""
        cards: list[dict[str, Any]] = []
        for way, row in errors.worst_first():
            part = errors.directions[way]
            judged = part.judgements
            if judged.correct[row]:
                continue
            if len(cards) == most:
                break
            sides = {"Asked": (judged.queries, row)}
            sides |= {"Chosen": (judged.candidates, int(judged.chosen[row]))}
            sides |= {"Right": (judged.candidates, int(judged.right[row]))}
            cards.append(
                {
                    "rank": int(judged.rank[row]),
                    "candidates": int(judged.n_candidates[row]),
                    "margin": f"{float(judged.margin[row]):+.3f}",
                    "held_out": bool(judged.held_out[row]),
                    "sides": [{"role": role, **self._side(rows, at)} for role, (rows, at) in sides.items()],
                    "causes": [self._cause(cause) for cause in part.causes[row]],
                }
            )
        return cards

    def _cause(self, cause: Cause) -> dict[str, str]:
        """The cause's name, and its evidence in a sentence."""
        said = one_line(cause_sentence(cause, self._titles), _LONGEST_SENTENCE)
        return {"name": cause_words(cause.name), "evidence": said}

    def _side(self, rows: EmbeddingSet, row: int) -> dict[str, Any]:
        item, key = rows.ids[row], rows.keys[row]
        medium = self._media.get((item, rows.modality, key))
        shown: dict[str, Any] = {"id": one_line(item, 80), "title": one_line(self._titles.get(item, item), 120)}
        try:
            return shown | (self._shown(medium) if medium else {"missing": say("a given vector, without a medium")})
        except BadInput as error:
            return shown | {"missing": one_line(error)}

    def _shown(self, medium: Media) -> dict[str, Any]:
        if medium.modality == "text":
            return {"text": one_line(medium.text or "", MOST_LETTERS)}
        if medium.modality == "image":
            return {"picture": picture_uri(medium.path or "", PIXELS, self.settings)}
        if medium.modality == "audio":
            return {"sound": sound_uri(medium, _LONGEST_SOUND)}
        return {"film": film_strip(medium.path or "", self.settings)}

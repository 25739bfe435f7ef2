"""Catalogue of registered encoders, aligners, similarities, corrections, matchers, recommenders and language models."""

from __future__ import annotations

from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.encoders import ENCODERS
from mmalign_core.language import LANGUAGE_MODELS
from mmalign_core.recommend import RECOMMENDERS
from mmalign_core.registry import Registry
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import MODALITIES, BadInput
from mmalign_core.wording import say, say_list

KINDS: dict[str, Registry[Any]] = {
    "encoders": ENCODERS,
    "aligners": ALIGNERS,
    "similarities": SIMILARITIES,
    "corrections": CORRECTIONS,
    "matchers": MATCHERS,
    "recommenders": RECOMMENDERS,
    "language-models": LANGUAGE_MODELS,
}
FLAGS = (
    "needs_pairs",
    "needs_concepts",
    "needs_sequences",
    "needs_pivots",
    "multiway",
    "transductive",
    "needs_interactions",
    "reads_places",
    "reads_signals",
)
"""Boolean class attributes in the rows; False if a class lacks one."""


def catalogue(kind: str) -> list[dict[str, Any]]:
    """Return one row per member of a kind. Raises BadInput for an unknown kind."""
    if kind not in KINDS:
        raise BadInput(say("unknown kind '{kind}'; choose one of: {kinds}", kind=kind, kinds=say_list(KINDS)))
    return [_row(kind, name, KINDS[kind].get(name)) for name in KINDS[kind].names()]


def _row(kind: str, name: str, cls: Any) -> dict[str, Any]:
    family = cls.family() if kind == "aligners" else kind
    return {
        "name": name,
        "family": family,
        "modalities": list(cls.reads() if kind == "encoders" else getattr(cls, "modalities", MODALITIES)),
        **{flag: bool(getattr(cls, flag, False)) for flag in FLAGS},
        "summary": cls.summary,
        **({"licence": cls.licence} if kind == "encoders" else {}),
        "params": [p.describe() for p in cls.declared_params().values()],
    }

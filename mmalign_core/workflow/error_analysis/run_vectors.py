"""The vectors that a run was aligned from, as its encoders made them."""

from __future__ import annotations

from dataclasses import replace

from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.encoding import Encoding, encode


def encoded_again(
    run: Run, *, store: Store, settings: Settings | None = None, progress: Progress = no_progress
) -> Encoding:
    """Every modality of the run as its encoder made it: from the store, or encoded again where the store lacks it.

    BadInput says what is gone, where the vectors of the run cannot be had: the model, the media, or the version of
    the encoder; or where the rows are no longer those that were aligned.
    """
    own = {m: reference_of(key) for m, key in run.encoders.items() if m not in run.collection.vectors}
    for modality, reference in own.items():
        if not is_known(reference):
            raise BadInput(
                say(
                    "the vectors of {modality} are {reference}, and the run's data do not hold them",
                    modality=say_word(modality),
                    reference=reference,
                )
            )
    encoding = encode(
        run.collection, own, store=store, settings=settings, progress=progress, modalities=tuple(run.encoders)
    )
    for modality, key in run.encoders.items():
        found, placed = encoding.sets.get(modality), run.result.space[modality]
        if found is None or found.encoder != key:
            has = say("made by '{encoder}'", encoder=found.encoder) if found else "gone"
            raise BadInput(
                say(
                    "the run's vectors of {modality} were made by '{key}', those of today are {has}",
                    modality=say_word(modality),
                    key=key,
                    has=has,
                )
            )
        if (found.ids, found.keys) != (placed.ids, placed.keys):
            raise BadInput(
                say(
                    "the {modality} that can be read today is not that which the run aligned",
                    modality=say_word(modality),
                )
            )
    # Some fits turn their axes by the order of the modalities, so it is that of the run.
    sets = {modality: encoding.sets[modality] for modality in run.encoders}
    return replace(encoding, sets=sets, encoders=dict(run.encoders))

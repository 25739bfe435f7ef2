"""Zero-shot bridge: pictures and sounds get places among texts by a classifier's concepts and their probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner, register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.matching.concepts import concept_weights, label_space, needed_concepts, weighted_mean
from mmalign_core.aligners.matching.evidence import Evidence, evidence_of
from mmalign_core.params import param
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say


@register("bridge")
class Bridge(Aligner):
    """ConSE (Norouzi et al., ICLR 2014): the posterior-weighted mean of the label vectors places an item in text space.

    For an item with posterior p over labels L (c, d): w = the `concepts` greatest of p^sharpness, normalised, and its
    place is unit((w L - centre) W). Texts y have the place unit((y - centre) W). W whitens the variation of the labels,
    shrunk by `shrinkage`, as directions common to all labels are uninformative. Centres are the label mean, moved
    by `data_share` towards the mean of the fitted contents; with 0 only the label names are used. Pairs are not used.

    Where more is known of the encoder (`mmalign_core/aligners/matching/evidence.py`), a medium's place is
    unit([b, a v1, a v2]) and a text's unit([b', t1, t2]), of the bridge's places b, b', the views v, t of the evidence
    and a = `evidence`. So the score is the sum of one term for each part, exactly.
    """

    summary = say("Zero-shot through named concepts: places pictures, sounds and videos among texts, without any pairs")
    card = Card(
        idea=say(
            "A classifier names what a medium shows, and the text encoder places those names. Their mean weighted by "
            "probability is the item's place among the texts. For built-in encoders the texts get places among the "
            "media too: by what the classifier learned of each name, and by what drawings taught of others."
        ),
        formula=r"f(x) = \frac{\left(\sum_c w_c(x)\,\ell_c - \mu\right) W}{\|\cdot\|},\quad w_c \propto p(c\mid x)^{s}",
        use=say("When there are no pairs to learn from, or too few; it is limited to the classifier's labels."),
        reference="Norouzi et al. 2014, Zero-Shot Learning by Convex Combination of Semantic Embeddings",
    )
    needs_pairs = False
    needs_concepts = True
    concepts: int = param(100, 1, 100_000, help="number of an item's most probable concepts that are used")
    sharpness: float = param(0.5, 0.05, 5, help="power of the probabilities: below 1 favours improbable ones")
    shrinkage: float = param(1.0, 0.01, 1000, help="whitening of the text space: small is strong, 1000 is almost none")
    data_share: float = param(0.5, 0, 1, help="how far centres move from the label names' mean to the items' mean")
    evidence: float = param(1.0, 0, 10, help="weight of prototypes and head of known encoders; 0: names alone")
    label_template: str = param("a {}", help="sentence around a concept's name, {}, for the text encoder")

    def can_join(self, rows: EmbeddingSet, pair: Mapping[str, EmbeddingSet]) -> bool:
        """Whether the set has concepts, or texts by an encoder that can also read the concepts' names."""
        known = is_known(reference_of(rows.encoder))
        return known if rows.modality == "text" else rows.concepts is not None

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Compute centres and whitening from label vectors and items. BadInput if a modality has no concepts."""
        if "{}" not in self.label_template:
            raise BadInput(f"label_template: '{self.label_template}' has no {{}} where the concept's name goes")
        known = {m: needed_concepts(s) for m, s in sets.items() if m != "text" or s.concepts is not None}
        if not known:
            raise BadInput("bridge needs a modality with concepts, such as pictures or sounds; only text was given")
        self._whiten = label_space([vectors for _, vectors in known.values()], self.shrinkage)
        self._labels: dict[str, np.ndarray] = {}
        for modality, (posterior, labels) in known.items():
            places = weighted_mean(self._weights(posterior), labels)
            centre = self._centre(labels.mean(0, dtype=np.float64), places, sets[modality].keys)
            self._labels[modality] = ((labels - centre) @ self._whiten).astype(np.float32)
        self._text_centre = np.mean([vectors.mean(0, dtype=np.float64) for _, vectors in known.values()], axis=0)
        if "text" in sets and "text" not in known:
            self._check_text(sets["text"])
            self._text_centre = self._centre(self._text_centre, sets["text"].vectors, sets["text"].keys)
        self._evidence = self._known_evidence(sets) if self.evidence else {}

    def _known_evidence(self, sets: Mapping[str, EmbeddingSet]) -> dict[str, Evidence]:
        """Modality -> evidence of its encoder, in the order of names."""
        words = sets["text"].encoder if "text" in sets else ""
        sizes = {m: (sets[m].vectors.shape[1], len(labels)) for m, labels in sorted(self._labels.items())}
        found = {m: evidence_of(sets[m].encoder, *size, words) for m, size in sizes.items()}
        return {
            m: known.around(sets[m].vectors[_firsts(sets[m].keys)], self.data_share)
            for m, known in found.items()
            if known is not None
        }

    def parts(self) -> dict[str, slice]:
        """The dimensions of each part of a place: their products sum to the score."""
        widths = {"named concepts": len(self._whiten)}
        for modality, known in self._evidence.items():
            widths |= {f"{modality}: {view}": width for view, width in known.widths.items() if width}
        ends = np.cumsum(list(widths.values())).tolist()
        return {name: slice(end - width, end) for (name, width), end in zip(widths.items(), ends)}

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, d). A row without any concept, or a text at the centre, is zero: similarity 0 to all."""
        if embeddings.modality in self._labels:
            labels = self._labels[embeddings.modality]
            return self._joined(
                embeddings, unit_rows(weighted_mean(self._weights(self._posterior(embeddings)), labels))
            )
        if embeddings.modality != "text":
            raise BadInput(f"bridge was fitted without {embeddings.modality}; fit it with that modality to place it")
        self._check_text(embeddings)
        return self._joined(embeddings, unit_rows((embeddings.vectors - self._text_centre) @ self._whiten))

    def _joined(self, rows: EmbeddingSet, bridged: np.ndarray) -> np.ndarray:
        """Return unit rows of the bridge's places and, behind them, the evidence of each modality that has any."""
        if not self._evidence:
            return bridged
        added = [self._placed(rows, bridged, modality, known) for modality, known in self._evidence.items()]
        weight = np.float32(1 if rows.modality == "text" else self.evidence)
        return unit_rows(np.hstack([bridged, *(weight * place for place in added)]))

    def _placed(self, rows: EmbeddingSet, bridged: np.ndarray, modality: str, known: Evidence) -> np.ndarray:
        """Return the rows' places (n, k) in a modality's evidence: zero for other modalities than it and text."""
        if rows.modality == modality:
            self.check_known(rows, {modality: len(known.centre)})
            return known.place_media(rows.vectors)
        if rows.modality != "text":
            return np.zeros((len(rows), known.width), np.float32)
        labels = self._labels[modality]
        return known.place_texts(bridged, unit_rows(labels - labels.mean(0, dtype=np.float64)))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return whitening (d, d), text centre (d,), each modality's centred, whitened labels (c, d), and evidence."""
        labels = {f"labels.{modality}": vectors for modality, vectors in self._labels.items()}
        known = {name: a for m, e in self._evidence.items() for name, a in e.arrays(f"evidence.{m}.").items()}
        return {"whiten": self._whiten, "text_centre": self._text_centre, **labels, **known}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self._whiten, self._text_centre = state["whiten"], state["text_centre"]
        self._labels = with_prefix("labels.", state)
        found = with_prefix("evidence.", state)  # none in runs of older versions
        self._evidence = {m: Evidence(**with_prefix(f"{m}.", found)) for m in sorted({n.split(".")[0] for n in found})}

    def _weights(self, posterior: np.ndarray) -> np.ndarray:
        return concept_weights(posterior, self.concepts, self.sharpness)

    def _centre(self, prior: np.ndarray, places: np.ndarray, keys: Sequence[str]) -> np.ndarray:
        """Return the prior centre moved towards the mean over distinct contents, independent of the order of rows."""
        first = _firsts(keys)
        if not first:
            return prior
        mean = places[first].mean(0, dtype=np.float64)
        return prior + self.data_share * (mean - prior)

    def _posterior(self, embeddings: EmbeddingSet) -> np.ndarray:
        known = len(self._labels[embeddings.modality])
        if embeddings.concepts is None or embeddings.concepts.posterior.shape[1] != known:
            raise BadInput(
                f"{embeddings.modality} {embeddings.made_by} does not come with the {known} concepts bridge was "
                "fitted on; use the same encoder"
            )
        return embeddings.concepts.posterior

    def _check_text(self, text: EmbeddingSet) -> None:
        if text.vectors.shape[1] != len(self._whiten):
            raise BadInput(
                f"texts {text.made_by} have {text.vectors.shape[1]} dimensions, the concepts' names "
                f"{len(self._whiten)}; encode both with one text encoder"
            )


def _firsts(keys: Sequence[str]) -> list[int]:
    """Return the first row of each distinct content, in the order of the contents."""
    first = {key: i for i, key in reversed(list(enumerate(keys)))}
    return [first[key] for key in sorted(first)]

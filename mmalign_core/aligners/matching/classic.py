"""Classic features: TF-IDF, standardised histograms and cepstra, compared through the known pairs."""

from __future__ import annotations

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.matching.relative import Relative
from mmalign_core.types import EmbeddingSet
from mmalign_core.wording import say


@register("classic")
class Classic(Relative):
    """A baseline without networks: `relative` on features with classic weighting.

    Non-negative text vectors are treated as word counts and weighted by ln((1 + n) / (1 + n_w)) + 1 over the n fitted
    texts, n_w of which hold word w (Sparck Jones 1972, smoothed). All other columns are standardised.
    """

    summary = say(
        "TF-IDF, colour and gradient histograms and MFCC compared through the known pairs: the plain baseline"
    )
    card = Card(
        idea=say(
            "Words are weighted by their rarity, histograms and cepstra by their variance. Two media match "
            "when they resemble the same known pairs."
        ),
        formula=r"\operatorname{idf}(w) = \ln\frac{1+n}{1+n_w} + 1,\quad z = \frac{x-\mu}{\sigma},\quad "
        r"f_m(x)_j \propto \max\!\left(0, \cos(z, z^m_j)\right)^{p}",
        use=say(
            "With the encoders bag-of-words, colour-gradient and mfcc, as the baseline that learned encoders must beat."
        ),
        reference="Sparck Jones 1972 (inverse document frequency); Dalal & Triggs 2005 (gradient histograms); "
        "Davis & Mermelstein 1980 (cepstral coefficients)",
    )

    def weighting(self, rows: EmbeddingSet) -> tuple[np.ndarray, np.ndarray]:
        """Return inverse document frequencies for word counts, else mean and deviation; 0 for constant columns."""
        vectors = rows.vectors
        if rows.modality == "text" and (vectors >= 0).all():
            holding = (vectors > 0).sum(0)
            return np.zeros(vectors.shape[1]), np.log((1 + len(vectors)) / (1 + holding)) + 1
        deviation = vectors.std(0, dtype=np.float64)
        varies = np.ptp(vectors, axis=0) > 0
        return vectors.mean(0, dtype=np.float64), np.where(varies, 1 / np.where(varies, deviation, 1), 0)

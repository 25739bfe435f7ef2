"""Use cases of explanation: maps of a medium, of a pair of media, of a recommendation."""

from mmalign_core.workflow.explaining.explaining_answers import Mapped, RecommendationMaps, explain_recommendation
from mmalign_core.workflow.explaining.explaining_pairs import PairExplanation, explain_pair
from mmalign_core.workflow.explaining.mapping import METHODS, map_of, media_map

__all__ = [
    "METHODS",
    "Mapped",
    "PairExplanation",
    "RecommendationMaps",
    "explain_pair",
    "explain_recommendation",
    "map_of",
    "media_map",
]

"""Explanations of a run: maps of a medium, of a pair of media and of a recommendation."""

from mmalign_core.workflow.explanation.answers import RecommendationMap, RecommendationMaps, explain_recommendation
from mmalign_core.workflow.explanation.media_maps import METHODS, map_of, media_map
from mmalign_core.workflow.explanation.pairs import PairExplanation, explain_pair

__all__ = [
    "METHODS",
    "PairExplanation",
    "RecommendationMap",
    "RecommendationMaps",
    "explain_pair",
    "explain_recommendation",
    "map_of",
    "media_map",
]

"""The use cases as plain functions: what the command line and the dashboard both call."""

from mmalign_core.encoders.batched.instances import encoder_of
from mmalign_core.recommend import QueryPart, QuerySpec
from mmalign_core.workflow.align.choices import Choices
from mmalign_core.workflow.align.run import Run, align
from mmalign_core.workflow.align.split import check_collection
from mmalign_core.workflow.compare.comparison import compare, takers
from mmalign_core.workflow.compare.learning_curve import learning_curve
from mmalign_core.workflow.compare.ranking import Comparison, ranked
from mmalign_core.workflow.data import open_collection, open_demo
from mmalign_core.workflow.encode import DEFAULT_ENCODERS, Encoding, encode
from mmalign_core.workflow.evaluation.evaluation import Entry, evaluate
from mmalign_core.workflow.evaluation.trials import Protocol, all_places, events_of
from mmalign_core.workflow.explain.pairs import PairExplanation, explain_pair
from mmalign_core.workflow.maps.space_map import SpaceMap, place_on_map, project_run
from mmalign_core.workflow.menus.catalogue import KINDS, catalogue
from mmalign_core.workflow.menus.default_aligner import default_aligner
from mmalign_core.workflow.recommend.answers import Answer, answer, recommend
from mmalign_core.workflow.recommend.filters import allowed_items
from mmalign_core.workflow.recommend.fitted import FittedRecommender, fit_recommender, placed_items, with_interactions
from mmalign_core.workflow.recommend.query_media import place_part
from mmalign_core.workflow.saving import check_save, load_run, save_run
from mmalign_core.workflow.similarity_matrix import (
    ORDERINGS,
    JudgedPair,
    SimilarityBlock,
    judged_pairs,
    similarity_block,
)

__all__ = [
    "DEFAULT_ENCODERS",
    "KINDS",
    "ORDERINGS",
    "Answer",
    "Choices",
    "Comparison",
    "Encoding",
    "Entry",
    "FittedRecommender",
    "JudgedPair",
    "PairExplanation",
    "Protocol",
    "QueryPart",
    "QuerySpec",
    "Run",
    "SimilarityBlock",
    "SpaceMap",
    "align",
    "all_places",
    "allowed_items",
    "answer",
    "catalogue",
    "check_collection",
    "check_save",
    "compare",
    "default_aligner",
    "encode",
    "encoder_of",
    "evaluate",
    "events_of",
    "explain_pair",
    "fit_recommender",
    "judged_pairs",
    "learning_curve",
    "load_run",
    "open_collection",
    "open_demo",
    "place_on_map",
    "place_part",
    "placed_items",
    "project_run",
    "ranked",
    "recommend",
    "save_run",
    "similarity_block",
    "takers",
    "with_interactions",
]

"""The use cases as plain functions, called by the command line and the dashboard.

Each name is imported on first use, so importing this package is cheap. A new name goes into the table and, for type
checkers, into the imports above it.
"""

# ruff: noqa: F401  the imports under TYPE_CHECKING are the names that this package exports

from __future__ import annotations

from typing import TYPE_CHECKING

from mmalign_core.faces import lazy, places_of

if TYPE_CHECKING:
    from mmalign_core.data import Video as DecodedVideo
    from mmalign_core.data import collect_uploads as collect_uploads
    from mmalign_core.data import decode_image as decode_image
    from mmalign_core.data import inspect_collection as inspect_collection
    from mmalign_core.data import peaks as peaks
    from mmalign_core.data import read_audio as read_audio
    from mmalign_core.data.formats import modality_of as modality_of
    from mmalign_core.data.media.playback import Playable as PlayableVideo
    from mmalign_core.data.media.playback import playable as playable_video
    from mmalign_core.data.media.sounds import decode_soundtrack as decode_soundtrack
    from mmalign_core.encoders.batched.instances import encoder_of as encoder_of
    from mmalign_core.explain.concepts import ConceptWords as ConceptWords
    from mmalign_core.explain.faithfulness import advantage as faithfulness_numbers
    from mmalign_core.explain.faithfulness import comparison as faithfulness_verdict
    from mmalign_core.explain.masks import MediaMap as MediaMap
    from mmalign_core.language import LANGUAGE_MODELS as LANGUAGE_MODELS
    from mmalign_core.metrics.mixing import Mixing as Mixing
    from mmalign_core.metrics.mixing import modality_mixing as modality_mixing
    from mmalign_core.metrics.report import at_chance as directions_at_chance
    from mmalign_core.model_files.catalogue import Suggested as SuggestedModel
    from mmalign_core.model_files.hub import PATIENCE as HUB_PATIENCE
    from mmalign_core.model_files.hub import endpoint as hub_endpoint
    from mmalign_core.projection import Projection as Projection
    from mmalign_core.recommend import QueryPart as QueryPart
    from mmalign_core.recommend import QuerySpec as QuerySpec
    from mmalign_core.recommend.controls import ALIKE as DIVERSITY_SHARE
    from mmalign_core.recommend.controls import LANGUAGE as LANGUAGE_SHARE
    from mmalign_core.recommend.controls import MEASURED as LANGUAGE_MEASURED
    from mmalign_core.recommend.controls import POPULARITY as POPULARITY_SHARE
    from mmalign_core.recommend.methods.random_order import RandomOrder as RandomOrder
    from mmalign_core.recommend.sentences.facts import Facts as SentenceFacts
    from mmalign_core.recommend.sentences.facts import sentence as template_sentence
    from mmalign_core.scoring.corrections import Scores as CorrectedScores
    from mmalign_core.store import KINDS as STORE_KINDS
    from mmalign_core.store import Entry as StoreEntry
    from mmalign_core.store import Store as Store
    from mmalign_core.store.runs import RunSummary as RunSummary
    from mmalign_core.store.runs import check_run_id as check_run_id
    from mmalign_core.triage.answer_scores import accepted_at as accepted_at
    from mmalign_core.triage.answer_scores import score_histogram as score_histogram
    from mmalign_core.triage.causes import Cause as Cause
    from mmalign_core.triage.hubs import CandidateUse as CandidateUse
    from mmalign_core.triage.hubs import choosers as choosers
    from mmalign_core.triage.hubs import most_chosen as most_chosen
    from mmalign_core.triage.judgements import Judgements as Judgements
    from mmalign_core.triage.selection import Contrast as Contrast
    from mmalign_core.triage.selection import PartMetrics as PartMetrics
    from mmalign_core.triage.selection import selection_contrasts as selection_contrasts
    from mmalign_core.workflow.alignment.choices import Choices as Choices
    from mmalign_core.workflow.alignment.choices import pairs_of as modality_pairs
    from mmalign_core.workflow.alignment.choices import unpaired_of as unpaired_modalities
    from mmalign_core.workflow.alignment.plan import check_collection as check_collection
    from mmalign_core.workflow.alignment.run import Run as Run
    from mmalign_core.workflow.alignment.run import align as align
    from mmalign_core.workflow.alignment.run import as_encoded as encoded_run
    from mmalign_core.workflow.comparison.comparison import compare as compare
    from mmalign_core.workflow.comparison.comparison import takers as takers
    from mmalign_core.workflow.comparison.learning_curve import learning_curve as learning_curve
    from mmalign_core.workflow.comparison.ranking import Comparison as Comparison
    from mmalign_core.workflow.comparison.ranking import ranked as ranked
    from mmalign_core.workflow.data import open_collection as open_collection
    from mmalign_core.workflow.data import open_demo as open_demo
    from mmalign_core.workflow.downloads import Plan as FetchPlan
    from mmalign_core.workflow.downloads import fetch_model as fetch_model
    from mmalign_core.workflow.downloads import plan_fetch as plan_fetch
    from mmalign_core.workflow.downloads import remove_model as remove_model
    from mmalign_core.workflow.encoding import DEFAULT_ENCODERS as DEFAULT_ENCODERS
    from mmalign_core.workflow.encoding import Encoding as Encoding
    from mmalign_core.workflow.encoding import encode as encode
    from mmalign_core.workflow.error_analysis.error_report import DirectionErrors as DirectionErrors
    from mmalign_core.workflow.error_analysis.error_report import ErrorReport as ErrorReport
    from mmalign_core.workflow.error_analysis.errors import find_errors as find_errors
    from mmalign_core.workflow.error_analysis.findings import Finding as Finding
    from mmalign_core.workflow.error_analysis.findings import find_findings as find_findings
    from mmalign_core.workflow.error_analysis.judgement import judge as judge
    from mmalign_core.workflow.error_analysis.judgement import judge_all as judge_all
    from mmalign_core.workflow.evaluation.evaluation import Entry as Entry
    from mmalign_core.workflow.evaluation.evaluation import evaluate as evaluate
    from mmalign_core.workflow.evaluation.ranking import Board as RecommenderRanking
    from mmalign_core.workflow.evaluation.ranking import Leader as SliceLeader
    from mmalign_core.workflow.evaluation.ranking import Row as RecommenderRow
    from mmalign_core.workflow.evaluation.ranking import leaders as slice_leaders
    from mmalign_core.workflow.evaluation.ranking import ranked as rank_recommenders
    from mmalign_core.workflow.evaluation.trials import Protocol as Protocol
    from mmalign_core.workflow.evaluation.trials import all_places as all_places
    from mmalign_core.workflow.evaluation.trials import events_of as events_of
    from mmalign_core.workflow.explanation import PairExplanation as PairExplanation
    from mmalign_core.workflow.explanation import RecommendationMap as MediumMap
    from mmalign_core.workflow.explanation import RecommendationMaps as RecommendationMaps
    from mmalign_core.workflow.explanation import explain_pair as explain_pair
    from mmalign_core.workflow.explanation import explain_recommendation as explain_recommendation
    from mmalign_core.workflow.explanation.concept_words import AnswerWords as AnswerWords
    from mmalign_core.workflow.explanation.concept_words import answer_words as answer_words
    from mmalign_core.workflow.explanation.counterfactuals import Counterfactual as Counterfactual
    from mmalign_core.workflow.explanation.counterfactuals import smallest_changes as counterfactuals
    from mmalign_core.workflow.export.answer_page import as_html as answer_html
    from mmalign_core.workflow.export.films import Film as Film
    from mmalign_core.workflow.export.films import clock as clock_time
    from mmalign_core.workflow.export.films import read_film as read_film
    from mmalign_core.workflow.export.films import video_tiles as video_tiles
    from mmalign_core.workflow.export.media_uris import as_uri as picture_uri
    from mmalign_core.workflow.export.media_uris import item_titles as item_titles
    from mmalign_core.workflow.export.media_uris import sound_uri as sound_uri
    from mmalign_core.workflow.export.tables import csv_table as csv_table
    from mmalign_core.workflow.export.tables import parquet_table as parquet_table
    from mmalign_core.workflow.group_scores import GroupMatrix as GroupMatrix
    from mmalign_core.workflow.group_scores import group_matrix as group_matrix
    from mmalign_core.workflow.group_scores import groupings as groupings
    from mmalign_core.workflow.group_scores import item_groups as item_groups
    from mmalign_core.workflow.group_scores import row_groups as row_groups
    from mmalign_core.workflow.maps.map_annotations import POINT_VALUES as POINT_VALUES
    from mmalign_core.workflow.maps.map_annotations import MapClusters as MapClusters
    from mmalign_core.workflow.maps.map_annotations import map_clusters as map_clusters
    from mmalign_core.workflow.maps.map_annotations import point_values as point_values
    from mmalign_core.workflow.maps.space_map import SpaceMap as SpaceMap
    from mmalign_core.workflow.maps.space_map import place_on_map as place_on_map
    from mmalign_core.workflow.maps.space_map import project_run as project_run
    from mmalign_core.workflow.menus.available_models import AvailableModel as AvailableModel
    from mmalign_core.workflow.menus.available_models import available_encoders as available_encoders
    from mmalign_core.workflow.menus.available_models import available_models as available_models
    from mmalign_core.workflow.menus.available_models import same_space as same_space
    from mmalign_core.workflow.menus.available_models import suggested_models as suggested_models
    from mmalign_core.workflow.menus.cards import AlignerCard as AlignerCard
    from mmalign_core.workflow.menus.cards import aligner_cards as aligner_cards
    from mmalign_core.workflow.menus.catalogue import KINDS as KINDS
    from mmalign_core.workflow.menus.catalogue import catalogue as catalogue
    from mmalign_core.workflow.menus.default_aligner import default_aligner as default_aligner
    from mmalign_core.workflow.menus.references import NamedModel as NamedModel
    from mmalign_core.workflow.menus.references import check_encoder as check_encoder
    from mmalign_core.workflow.menus.references import expected_model_folder as expected_model_folder
    from mmalign_core.workflow.menus.references import look_up_model as look_up_model
    from mmalign_core.workflow.menus.references import model_reference as model_reference
    from mmalign_core.workflow.menus.references import params_of as reference_params
    from mmalign_core.workflow.menus.references import parts_of as reference_parts
    from mmalign_core.workflow.menus.references import with_params as reference_with_params
    from mmalign_core.workflow.menus.references import without_params as reference_without_params
    from mmalign_core.workflow.recommendation.answers import Answer as Answer
    from mmalign_core.workflow.recommendation.answers import answer as answer
    from mmalign_core.workflow.recommendation.answers import recommend as recommend
    from mmalign_core.workflow.recommendation.filters import allowed_items as allowed_items
    from mmalign_core.workflow.recommendation.interests import interests as describe_interests
    from mmalign_core.workflow.recommendation.queries import place_part as place_part
    from mmalign_core.workflow.recommendation.queries import queryable as queryable
    from mmalign_core.workflow.recommendation.reasons import Reasons as Reasons
    from mmalign_core.workflow.recommendation.reasons import every_reason as all_reasons
    from mmalign_core.workflow.recommendation.reasons import reasons as item_reasons
    from mmalign_core.workflow.recommendation.recommenders import FittedRecommender as FittedRecommender
    from mmalign_core.workflow.recommendation.recommenders import fit_recommender as fit_recommender
    from mmalign_core.workflow.recommendation.recommenders import placed_items as placed_items
    from mmalign_core.workflow.recommendation.recommenders import with_interactions as with_interactions
    from mmalign_core.workflow.recommendation.reranking import rerank as rerank_answer
    from mmalign_core.workflow.recommendation.sentences import TEMPLATE as TEMPLATE_AUTHOR
    from mmalign_core.workflow.recommendation.sentences import Sentence as Sentence
    from mmalign_core.workflow.recommendation.sentences import language_model as language_model
    from mmalign_core.workflow.recommendation.sentences import write_sentence as write_sentence
    from mmalign_core.workflow.saved_runs import check_save as check_save
    from mmalign_core.workflow.saved_runs import load_run as load_run
    from mmalign_core.workflow.saved_runs import save_run as save_run
    from mmalign_core.workflow.similarity_matrix import ORDERINGS as ORDERINGS
    from mmalign_core.workflow.similarity_matrix import JudgedPair as JudgedPair
    from mmalign_core.workflow.similarity_matrix import SimilarityBlock as SimilarityBlock
    from mmalign_core.workflow.similarity_matrix import error_block as error_block
    from mmalign_core.workflow.similarity_matrix import judge_in_space as judge_in_space
    from mmalign_core.workflow.similarity_matrix import judged_pairs as judged_pairs
    from mmalign_core.workflow.similarity_matrix import judged_rows as judged_rows
    from mmalign_core.workflow.similarity_matrix import right_pair as right_pair
    from mmalign_core.workflow.similarity_matrix import similarity_block as similarity_block

_NAMES = {
    "mmalign_core.data": "collect_uploads decode_image DecodedVideo=Video inspect_collection peaks read_audio",
    "mmalign_core.data.formats": "modality_of",
    "mmalign_core.data.media.playback": "playable_video=playable PlayableVideo=Playable",
    "mmalign_core.data.media.sounds": "decode_soundtrack",
    "mmalign_core.encoders.batched.instances": "encoder_of",
    "mmalign_core.explain.concepts": "ConceptWords",
    "mmalign_core.explain.faithfulness": "faithfulness_numbers=advantage faithfulness_verdict=comparison",
    "mmalign_core.explain.masks": "MediaMap",
    "mmalign_core.language": "LANGUAGE_MODELS",
    "mmalign_core.metrics.mixing": "Mixing modality_mixing",
    "mmalign_core.metrics.report": "directions_at_chance=at_chance",
    "mmalign_core.model_files.catalogue": "SuggestedModel=Suggested",
    "mmalign_core.model_files.hub": "hub_endpoint=endpoint HUB_PATIENCE=PATIENCE",
    "mmalign_core.projection": "Projection",
    "mmalign_core.recommend": "QueryPart QuerySpec",
    "mmalign_core.recommend.controls": (
        "DIVERSITY_SHARE=ALIKE LANGUAGE_MEASURED=MEASURED LANGUAGE_SHARE=LANGUAGE POPULARITY_SHARE=POPULARITY"
    ),
    "mmalign_core.recommend.methods.random_order": "RandomOrder",
    "mmalign_core.recommend.sentences.facts": "SentenceFacts=Facts template_sentence=sentence",
    "mmalign_core.scoring.corrections": "CorrectedScores=Scores",
    "mmalign_core.store": "Store STORE_KINDS=KINDS StoreEntry=Entry",
    "mmalign_core.store.runs": "check_run_id RunSummary",
    "mmalign_core.triage.answer_scores": "accepted_at score_histogram",
    "mmalign_core.triage.causes": "Cause",
    "mmalign_core.triage.hubs": "CandidateUse choosers most_chosen",
    "mmalign_core.triage.judgements": "Judgements",
    "mmalign_core.triage.selection": "Contrast PartMetrics selection_contrasts",
    "mmalign_core.workflow.alignment.choices": "Choices modality_pairs=pairs_of unpaired_modalities=unpaired_of",
    "mmalign_core.workflow.alignment.plan": "check_collection",
    "mmalign_core.workflow.alignment.run": "align encoded_run=as_encoded Run",
    "mmalign_core.workflow.comparison.comparison": "compare takers",
    "mmalign_core.workflow.comparison.learning_curve": "learning_curve",
    "mmalign_core.workflow.comparison.ranking": "Comparison ranked",
    "mmalign_core.workflow.data": "open_collection open_demo",
    "mmalign_core.workflow.downloads": "fetch_model FetchPlan=Plan plan_fetch remove_model",
    "mmalign_core.workflow.encoding": "DEFAULT_ENCODERS encode Encoding",
    "mmalign_core.workflow.error_analysis.error_report": "DirectionErrors ErrorReport",
    "mmalign_core.workflow.error_analysis.errors": "find_errors",
    "mmalign_core.workflow.error_analysis.findings": "find_findings Finding",
    "mmalign_core.workflow.error_analysis.judgement": "judge judge_all",
    "mmalign_core.workflow.evaluation.evaluation": "Entry evaluate",
    "mmalign_core.workflow.evaluation.ranking": (
        "rank_recommenders=ranked RecommenderRanking=Board RecommenderRow=Row slice_leaders=leaders SliceLeader=Leader"
    ),
    "mmalign_core.workflow.evaluation.trials": "all_places events_of Protocol",
    "mmalign_core.workflow.explanation": (
        "explain_pair explain_recommendation MediumMap=RecommendationMap PairExplanation RecommendationMaps"
    ),
    "mmalign_core.workflow.explanation.concept_words": "answer_words AnswerWords",
    "mmalign_core.workflow.explanation.counterfactuals": "Counterfactual counterfactuals=smallest_changes",
    "mmalign_core.workflow.export.answer_page": "answer_html=as_html",
    "mmalign_core.workflow.export.films": "clock_time=clock Film read_film video_tiles",
    "mmalign_core.workflow.export.media_uris": "item_titles picture_uri=as_uri sound_uri",
    "mmalign_core.workflow.export.tables": "csv_table parquet_table",
    "mmalign_core.workflow.group_scores": "group_matrix groupings GroupMatrix item_groups row_groups",
    "mmalign_core.workflow.maps.map_annotations": "map_clusters MapClusters POINT_VALUES point_values",
    "mmalign_core.workflow.maps.space_map": "place_on_map project_run SpaceMap",
    "mmalign_core.workflow.menus.available_models": (
        "available_encoders available_models AvailableModel same_space suggested_models"
    ),
    "mmalign_core.workflow.menus.cards": "aligner_cards AlignerCard",
    "mmalign_core.workflow.menus.catalogue": "catalogue KINDS",
    "mmalign_core.workflow.menus.default_aligner": "default_aligner",
    "mmalign_core.workflow.menus.references": (
        "check_encoder expected_model_folder look_up_model model_reference NamedModel "
        "reference_params=params_of reference_parts=parts_of reference_with_params=with_params "
        "reference_without_params=without_params"
    ),
    "mmalign_core.workflow.recommendation.answers": "Answer answer recommend",
    "mmalign_core.workflow.recommendation.filters": "allowed_items",
    "mmalign_core.workflow.recommendation.interests": "describe_interests=interests",
    "mmalign_core.workflow.recommendation.queries": "place_part queryable",
    "mmalign_core.workflow.recommendation.reasons": "all_reasons=every_reason item_reasons=reasons Reasons",
    "mmalign_core.workflow.recommendation.recommenders": (
        "fit_recommender FittedRecommender placed_items with_interactions"
    ),
    "mmalign_core.workflow.recommendation.reranking": "rerank_answer=rerank",
    "mmalign_core.workflow.recommendation.sentences": "language_model Sentence TEMPLATE_AUTHOR=TEMPLATE write_sentence",
    "mmalign_core.workflow.saved_runs": "check_save load_run save_run",
    "mmalign_core.workflow.similarity_matrix": (
        "error_block judge_in_space judged_pairs judged_rows JudgedPair ORDERINGS right_pair "
        "similarity_block SimilarityBlock"
    ),
}
"""Module -> its exported names. "a=b" exports its `b` under the name `a`."""
_PLACES = places_of(_NAMES)
__getattr__, __dir__ = lazy(globals(), _PLACES)

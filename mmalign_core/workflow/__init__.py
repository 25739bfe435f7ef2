"""The use cases as plain functions, called by the command line and the dashboard.

Each name is imported on first use, so importing this package is cheap. The imports below list the names, for type
checkers and for `lazy`, which reads them from this file; what lies below the use cases is listed in `lower_floors`.
"""

# ruff: noqa: F401, F403  the imports under TYPE_CHECKING are the names that this package exports

from __future__ import annotations

from typing import TYPE_CHECKING

from mmalign_core.faces import lazy

if TYPE_CHECKING:
    from mmalign_core.workflow.alignment.choices import Choices as Choices
    from mmalign_core.workflow.alignment.choices import pairs_of as modality_pairs
    from mmalign_core.workflow.alignment.choices import unpaired_of as unpaired_modalities
    from mmalign_core.workflow.alignment.plan import check_collection as check_collection
    from mmalign_core.workflow.alignment.run import Run as Run
    from mmalign_core.workflow.alignment.run import align as align
    from mmalign_core.workflow.alignment.run import as_encoded as encoded_run
    from mmalign_core.workflow.bundles import open_bundle as open_bundle
    from mmalign_core.workflow.bundles import pack_record as pack_record
    from mmalign_core.workflow.bundles import pack_run as pack_run
    from mmalign_core.workflow.cluster_names import NamedClusters as NamedClusters
    from mmalign_core.workflow.cluster_names import named_clusters as named_clusters
    from mmalign_core.workflow.comparison.comparison import compare as compare
    from mmalign_core.workflow.comparison.comparison import takers as takers
    from mmalign_core.workflow.comparison.kept_fits import KeptFit as KeptFit
    from mmalign_core.workflow.comparison.learning_curve import learning_curve as learning_curve
    from mmalign_core.workflow.comparison.ranking import Comparison as Comparison
    from mmalign_core.workflow.comparison.ranking import only_right as only_right
    from mmalign_core.workflow.comparison.ranking import ranked as ranked
    from mmalign_core.workflow.comparison.ranking import with_starts_folded as with_starts_folded
    from mmalign_core.workflow.data import open_collection as open_collection
    from mmalign_core.workflow.data import open_demo as open_demo
    from mmalign_core.workflow.data import open_planted_demo as open_planted_demo
    from mmalign_core.workflow.demo_story import demo_tour as demo_tour
    from mmalign_core.workflow.demo_story import tour_order as tour_order
    from mmalign_core.workflow.downloads import Plan as FetchPlan
    from mmalign_core.workflow.downloads import fetch_model as fetch_model
    from mmalign_core.workflow.downloads import plan_fetch as plan_fetch
    from mmalign_core.workflow.downloads import remove_model as remove_model
    from mmalign_core.workflow.encoding import DEFAULT_ENCODERS as DEFAULT_ENCODERS
    from mmalign_core.workflow.encoding import Encoding as Encoding
    from mmalign_core.workflow.encoding import encode as encode
    from mmalign_core.workflow.encoding import long_texts_of as long_texts_of
    from mmalign_core.workflow.error_analysis.clusters import SpaceClusters as SpaceClusters
    from mmalign_core.workflow.error_analysis.clusters import find_clusters as find_clusters
    from mmalign_core.workflow.error_analysis.corrections import HubCorrection as HubCorrection
    from mmalign_core.workflow.error_analysis.differences import DirectionDifference as DirectionDifference
    from mmalign_core.workflow.error_analysis.differences import RunDifference as RunDifference
    from mmalign_core.workflow.error_analysis.differences import compare_runs as compare_runs
    from mmalign_core.workflow.error_analysis.error_report import DirectionErrors as DirectionErrors
    from mmalign_core.workflow.error_analysis.error_report import ErrorReport as ErrorReport
    from mmalign_core.workflow.error_analysis.errors import find_errors as find_errors
    from mmalign_core.workflow.error_analysis.finding import Finding as Finding
    from mmalign_core.workflow.error_analysis.findings import find_findings as find_findings
    from mmalign_core.workflow.error_analysis.judgement import judge as judge
    from mmalign_core.workflow.error_analysis.judgement import judge_all as judge_all
    from mmalign_core.workflow.error_analysis.query_rankings import QueryRankings as QueryRankings
    from mmalign_core.workflow.error_analysis.query_rankings import RankedCandidate as RankedCandidate
    from mmalign_core.workflow.error_analysis.query_rankings import query_rankings as query_rankings
    from mmalign_core.workflow.error_analysis.query_table import query_table as query_table
    from mmalign_core.workflow.error_analysis.rank_summary import RankSummary as RankSummary
    from mmalign_core.workflow.error_analysis.rank_summary import rank_sentence as rank_sentence
    from mmalign_core.workflow.error_analysis.rank_summary import summarise_ranks as summarise_ranks
    from mmalign_core.workflow.error_analysis.repair import RepairPlan as RepairPlan
    from mmalign_core.workflow.error_analysis.repair import plan_repair as plan_repair
    from mmalign_core.workflow.error_analysis.repair import repair_run as repair_run
    from mmalign_core.workflow.error_analysis.repair_outcome import Repair as Repair
    from mmalign_core.workflow.error_analysis.slice_report import DirectionSlices as DirectionSlices
    from mmalign_core.workflow.error_analysis.slice_report import SliceReport as SliceReport
    from mmalign_core.workflow.error_analysis.slices import METRICS as SLICE_METRICS
    from mmalign_core.workflow.error_analysis.slices import find_slices as find_slices
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
    from mmalign_core.workflow.explanation.concept_words import result_words as result_words
    from mmalign_core.workflow.explanation.counterfactuals import Counterfactual as Counterfactual
    from mmalign_core.workflow.explanation.counterfactuals import smallest_changes as counterfactuals
    from mmalign_core.workflow.export.answer_page import as_html as answer_html
    from mmalign_core.workflow.export.films import Film as Film
    from mmalign_core.workflow.export.films import clock as clock_time
    from mmalign_core.workflow.export.films import read_film as read_film
    from mmalign_core.workflow.export.films import video_tiles as video_tiles
    from mmalign_core.workflow.export.media_uris import as_uri as picture_uri
    from mmalign_core.workflow.export.media_uris import sound_uri as sound_uri
    from mmalign_core.workflow.export.report_page import ReportPage as ReportPage
    from mmalign_core.workflow.export.report_page import report_page as report_html
    from mmalign_core.workflow.group_scores import GroupMatrix as GroupMatrix
    from mmalign_core.workflow.group_scores import group_matrix as group_matrix
    from mmalign_core.workflow.group_scores import groupings as groupings
    from mmalign_core.workflow.group_scores import item_groups as item_groups
    from mmalign_core.workflow.group_scores import row_groups as row_groups
    from mmalign_core.workflow.lower_floors import *
    from mmalign_core.workflow.maps.map_annotations import POINT_VALUES as POINT_VALUES
    from mmalign_core.workflow.maps.map_annotations import MapClusters as MapClusters
    from mmalign_core.workflow.maps.map_annotations import map_clusters as map_clusters
    from mmalign_core.workflow.maps.map_annotations import point_values as point_values
    from mmalign_core.workflow.maps.map_labels import MapLabel as MapLabel
    from mmalign_core.workflow.maps.map_labels import label_levels as label_levels
    from mmalign_core.workflow.maps.orientation import turned_map as turned_map
    from mmalign_core.workflow.maps.space_map import SpaceMap as SpaceMap
    from mmalign_core.workflow.maps.space_map import drawn_map as drawn_map
    from mmalign_core.workflow.maps.space_map import place_on_map as place_on_map
    from mmalign_core.workflow.maps.space_map import project_run as project_run
    from mmalign_core.workflow.marks import COLUMNS as MARK_COLUMNS
    from mmalign_core.workflow.marks import Imported as ImportedMarks
    from mmalign_core.workflow.marks import add_mark as add_mark
    from mmalign_core.workflow.marks import export_marks as export_marks
    from mmalign_core.workflow.marks import import_marks as import_marks
    from mmalign_core.workflow.marks import marks_report as marks_report
    from mmalign_core.workflow.marks import read_marks as read_marks
    from mmalign_core.workflow.marks import undo_mark as undo_mark
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
    from mmalign_core.workflow.recommendation.sentences import strongest_parts as strongest_parts
    from mmalign_core.workflow.recommendation.sentences import write_sentence as write_sentence
    from mmalign_core.workflow.saved_runs import check_save as check_save
    from mmalign_core.workflow.saved_runs import load_run as load_run
    from mmalign_core.workflow.saved_runs import record_of as run_record
    from mmalign_core.workflow.saved_runs import save_run as save_run
    from mmalign_core.workflow.similarity_matrix import ORDERINGS as ORDERINGS
    from mmalign_core.workflow.similarity_matrix import SimilarityBlock as SimilarityBlock
    from mmalign_core.workflow.similarity_matrix import error_block as error_block
    from mmalign_core.workflow.similarity_matrix import judge_in_space as judge_in_space
    from mmalign_core.workflow.similarity_matrix import judged_rows as judged_rows
    from mmalign_core.workflow.similarity_matrix import right_pair as right_pair
    from mmalign_core.workflow.similarity_matrix import similarity_block as similarity_block
    from mmalign_core.workflow.tables import csv_table as csv_table
    from mmalign_core.workflow.tables import parquet_table as parquet_table
    from mmalign_core.workflow.verification import Verification as Verification
    from mmalign_core.workflow.verification import verify_bundle as verify_bundle

__getattr__, __dir__ = lazy(globals())

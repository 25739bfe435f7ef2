"""What pages and commands use of the floors below the use cases, in the manner of the package's list."""

# ruff: noqa: F401  the imports under TYPE_CHECKING are names that the package exports

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmalign_core.data import Inspection as Inspection
    from mmalign_core.data import Preview as Preview
    from mmalign_core.data import Video as DecodedVideo
    from mmalign_core.data import collect_uploads as collect_uploads
    from mmalign_core.data import decode_image as decode_image
    from mmalign_core.data import inspect_collection as inspect_collection
    from mmalign_core.data import peaks as peaks
    from mmalign_core.data import preview_collection as preview_collection
    from mmalign_core.data import preview_uploads as preview_uploads
    from mmalign_core.data import read_audio as read_audio
    from mmalign_core.data.formats import modality_of as modality_of
    from mmalign_core.data.interactions import why_none as why_none
    from mmalign_core.data.media.picture_uris import image_uri as picture_uri
    from mmalign_core.data.media.playback import Playable as PlayableVideo
    from mmalign_core.data.media.playback import playable as playable_video
    from mmalign_core.data.media.sounds import decode_soundtrack as decode_soundtrack
    from mmalign_core.data.tabular.column_roles import ROLES as COLUMN_ROLES
    from mmalign_core.data.titles import item_titles as item_titles
    from mmalign_core.encoders.batched.instances import encoder_of as encoder_of
    from mmalign_core.encoders.batched.instances import unload_idle as unload_idle
    from mmalign_core.encoders.batched.text_lengths import LongTexts as LongTexts
    from mmalign_core.encoders.embedded.onnx_session import release_sessions as release_sessions
    from mmalign_core.explain.concepts import ConceptWords as ConceptWords
    from mmalign_core.explain.faithfulness import advantage as faithfulness_numbers
    from mmalign_core.explain.faithfulness import comparable as is_comparable
    from mmalign_core.explain.faithfulness import comparison as faithfulness_verdict
    from mmalign_core.explain.masks import MediaMap as MediaMap
    from mmalign_core.heap import limit_heap as limit_heap
    from mmalign_core.heap import release_freed as release_freed
    from mmalign_core.language import LANGUAGE_MODELS as LANGUAGE_MODELS
    from mmalign_core.metrics.leading import LeadingShare as LeadingShare
    from mmalign_core.metrics.leading import leading_metric as leading_metric
    from mmalign_core.metrics.leading import leading_share as leading_share
    from mmalign_core.metrics.modality_mix import Mixing as Mixing
    from mmalign_core.metrics.modality_mix import modality_mixing as modality_mixing
    from mmalign_core.metrics.report import at_chance as directions_at_chance
    from mmalign_core.metrics.sampling import sampled_words as sampled_words
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
    from mmalign_core.spaces import reference_of as reference_of
    from mmalign_core.store import KINDS as STORE_KINDS
    from mmalign_core.store import Entry as StoreEntry
    from mmalign_core.store import Store as Store
    from mmalign_core.store.contents import bytes_of as folder_bytes
    from mmalign_core.store.incidents import note_incident as note_incident
    from mmalign_core.store.parts import scratch_folder as scratch_folder
    from mmalign_core.store.runs import RunSummary as RunSummary
    from mmalign_core.store.runs import check_run_id as check_run_id
    from mmalign_core.store.session_folders import SessionFolders as SessionFolders
    from mmalign_core.store.session_folders import clear_left as clear_left_sessions
    from mmalign_core.store.uploads import about_upload as about_upload
    from mmalign_core.store.uploads import add_upload as add_upload
    from mmalign_core.store.uploads import keep_upload as keep_upload
    from mmalign_core.store.uploads import kept_upload as kept_upload
    from mmalign_core.store.uploads import share_upload as share_upload
    from mmalign_core.store.uploads import shared_upload as shared_upload
    from mmalign_core.store.uploads import upload_files as upload_files
    from mmalign_core.store.uploads import uploads_on as uploads_on
    from mmalign_core.triage.answer_scores import accepted_at as accepted_at
    from mmalign_core.triage.answer_scores import score_histogram as score_histogram
    from mmalign_core.triage.causes import Cause as Cause
    from mmalign_core.triage.causes import cause_sentence as cause_sentence
    from mmalign_core.triage.causes import cause_words as cause_words
    from mmalign_core.triage.hubs import CandidateUse as CandidateUse
    from mmalign_core.triage.hubs import choosers as choosers
    from mmalign_core.triage.hubs import most_chosen as most_chosen
    from mmalign_core.triage.judgements import Judgements as Judgements
    from mmalign_core.triage.marks import Mark as Mark
    from mmalign_core.triage.marks import MarkKind as MarkKind
    from mmalign_core.triage.marks import parse_kind as parse_mark_kind
    from mmalign_core.triage.rank_bins import RankBin as RankBin
    from mmalign_core.triage.repair import Change as RepairChange
    from mmalign_core.triage.selection import Contrast as Contrast
    from mmalign_core.triage.selection import PartMetrics as PartMetrics
    from mmalign_core.triage.selection import selection_contrasts as selection_contrasts
    from mmalign_core.triage.slices import Slice as Slice
    from mmalign_core.triage.space_verdicts import SpaceVerdict as SpaceVerdict

"""The options by which a language model words reasons, re-ranks, and tells what a user's items have in common."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mmalign_core.commands.shared import show_progress
from mmalign_core.data.titles import item_titles
from mmalign_core.language import LANGUAGE_MODELS, LanguageModel
from mmalign_core.types import BadInput
from mmalign_core.workflow import Answer, Run
from mmalign_core.workflow.reasons import Reasons
from mmalign_core.workflow.reranking import rerank
from mmalign_core.workflow.telling import Told, interests, language_model, tell_every


def add_wording(parser: argparse.ArgumentParser) -> None:
    """--language-model, --rerank, --summary."""
    group = parser.add_argument_group("words", "sentences come from facts; a language model's are checked against them")
    group.add_argument(
        "--language-model", metavar="NAME", help="who words the reasons: smollm2 (a package), server (MMALIGN_LLM_URL)"
    )
    group.add_argument("--rerank", action="store_true", help="let the language model move the best 50 by their titles")
    group.add_argument("--summary", action="store_true", help="what the items of the user asked for have in common")


def model_of(args: argparse.Namespace) -> LanguageModel | None:
    """The language model, ready, or None where none is wanted; BadInput if it is missing or an option needs one."""
    if args.language_model is None:
        if args.rerank:
            raise BadInput(f"--rerank needs --language-model, one of: {', '.join(LANGUAGE_MODELS.names())}")
        return None
    model = language_model(args.language_model)
    model.load(show_progress)
    return model


def reranked(args: argparse.Namespace, run: Run, found: Answer, model: LanguageModel | None) -> Answer:
    """The answer in the model's order where that is wanted, or as it was, with a note."""
    if model is None or not args.rerank:
        return found
    moved = rerank(found, model, titles=item_titles(run.collection), progress=show_progress)
    return replace(moved.answer, notes=(*moved.answer.notes, moved.note)) if moved.note else moved.answer


def told(run: Run, found: Answer, why: Sequence[Reasons], model: LanguageModel | None) -> Mapping[str, Told]:
    """Item -> its sentence, where a language model is to word it."""
    if model is None:
        return {}
    said = tell_every(found, why, model, titles=item_titles(run.collection), progress=show_progress)
    return {each.item: sentence for each, sentence in zip(why, said)}


def summary(args: argparse.Namespace, run: Run, found: Answer, model: LanguageModel | None) -> Told | None:
    """What the items asked with have in common, where that is wanted; BadInput if nothing was asked with."""
    if not args.summary:
        return None
    history = [found.items.ids[row] for row, weight in found.asked.history.items() if weight > 0]
    if not history:
        raise BadInput("--summary tells what a user's items have in common; ask with --user or --item")
    return interests(run.collection, history, model, progress=show_progress)

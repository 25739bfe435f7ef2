"""Causes of errors: one kind of cause a file, each with evidence that a person can check."""

from mmalign_core.triage.causes.base import (
    CAUSES,
    Cause,
    CauseFinder,
    Context,
    cause_sentence,
    cause_words,
    register,
)

__all__ = ["CAUSES", "Cause", "CauseFinder", "Context", "cause_sentence", "cause_words", "register"]

"""Sentences about recommendations: facts, a template, and a check that a sentence claims nothing else."""

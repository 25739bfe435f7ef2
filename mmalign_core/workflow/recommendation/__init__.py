"""Recommendation: placing a query, its answer, the reasons of each score, and sentences about them."""

"""Triage of an alignment's errors: judgements of queries, suspicion of wrong pairs, causes, slices, marks, repair."""

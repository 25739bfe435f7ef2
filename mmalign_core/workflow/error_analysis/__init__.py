"""Use cases of error analysis: errors with causes, slices, repair, and the difference of two runs."""

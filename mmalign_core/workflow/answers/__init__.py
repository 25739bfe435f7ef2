"""Use cases of recommendation: queries, filters, answers and the reasons for each item."""

"""Use cases of evaluation: recommenders measured on held-out interactions."""

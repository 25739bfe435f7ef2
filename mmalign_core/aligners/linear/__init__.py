"""Shared parts of linear aligners, and the CCA start of trained ones: centred maps, whitening, canonical directions."""

"""Classic features as baselines: word counts, colour and edge histograms, cepstral coefficients."""

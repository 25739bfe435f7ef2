"""Classic features, the plain baseline: words counted, colours and edges, cepstra."""

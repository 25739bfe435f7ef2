"""What moves an item beside its recommender's score: diversity, popularity, trust in a modality, a language model."""

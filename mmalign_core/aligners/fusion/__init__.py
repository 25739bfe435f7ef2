"""The fusion family: several modalities of an item become one vector."""

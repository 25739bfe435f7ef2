"""The Data page: where a collection comes from, its rows, and what could not be used."""

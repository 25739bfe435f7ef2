"""Requests to servers with models: addresses and keys from the environment, limits of time and size, repetition."""

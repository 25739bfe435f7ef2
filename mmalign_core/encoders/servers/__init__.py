"""Embedding servers: vectors that another machine computes, asked for only where a person agreed to send."""

"""Decoding one medium within limits: pictures, sounds, videos, texts."""

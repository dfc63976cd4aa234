"""Sentence vectors: the encoder in this repository, or any sentence-transformers model."""

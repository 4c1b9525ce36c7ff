"""Scores pools, chooses sequences, renders mixes."""

"""Builds datasets and fits models."""

"""Cuts songs: decodes uploads, finds boundaries, stores chunks and their edges."""

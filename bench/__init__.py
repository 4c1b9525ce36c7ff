"""Segue beside public peers: the same input, in the same run, by turns. `make bench` runs it.

Each section of the table is a file with a function `rows`, which yields one `Row` after another. Times
are medians; a ratio is the peer's time over Segue's, so that more is better.
"""

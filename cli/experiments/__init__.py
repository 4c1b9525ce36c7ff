"""`segue experiment`: the study's questions, asked of the same services as everything else.

laboratory.py   fits, judges and mixes through the API, many at a time
conditions.py   what is compared: a training on songs cut in some way; what came of it, over all seeds
music.py        excerpts of songs, some to learn from and some to judge by
scales.py       how much is done: `smoke` for the tests, `full` for an answer
findings.py     tables, plots and sentences; writing.py lays them out in a folder
plots.py        plots of figures; pictures.py the study's own

One file per question, each with `run(laboratory)`: stream, cuts, likeness, metadata, training, and study,
which draws the study's figures anew.

Nothing is kept here: models, reports and mixes are named by what they were made of, so an experiment that was
interrupted goes on where it was, and one that was done is only laid out anew.
"""

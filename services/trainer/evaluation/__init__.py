"""Does B follow A? Every approach asked the same questions about songs that no model has learned from.

trials      what is judged                      ranking     ranks, and what follows from them
recordings  near-duplicates of whole songs      twins       near-duplicates of chunks
selecting   which songs are judged              exams       what is asked at one gap
judging     asking one approach                 reports     the figures, described
inputs      from what is stored to trials       learned     what a model keeps of its training songs
summary     the headline of a report            page        a report as one HTML file
held_out    quick figures after a fit, beside the baselines

Nothing here knows the queue or the store, and nothing but `page` and `plots` imports matplotlib and jinja2.
"""

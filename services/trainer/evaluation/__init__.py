"""Does B follow A? Every approach asked the same questions about songs that no model has learned from.

trials      what is judged                      ranking     ranks, and what follows from them
recordings  near-duplicates of whole songs      twins       near-duplicates of chunks
selecting   which songs are judged              exams       what is asked at one gap
judging     asking one approach                 reports     the figures, described
leaderboard reports side by side                page        a report as one HTML file

Nothing here knows the queue or the store, and nothing but `page` and `plots` imports matplotlib and jinja2.
"""

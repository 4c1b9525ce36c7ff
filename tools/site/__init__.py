"""The documentation as a site: pages that are generated from the code, and checks of what was built.

`python -m tools.site` builds all of it; mkdocs.yml says what belongs to it.
"""

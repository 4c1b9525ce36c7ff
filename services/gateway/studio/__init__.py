"""The web page: `page.py` serves what `make studio` builds from `studio/` into `bundle/`."""

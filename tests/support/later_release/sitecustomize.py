"""Make a process one of a later release: Python runs this at the start of all that find it on their path.

LATER_RELEASE_OF    kinds of artifact, with commas, whose producers that release has changed
"""

import os

from shared.store.keys import PRODUCER_VERSIONS, Kind

for kind in filter(None, os.environ.get("LATER_RELEASE_OF", "").split(",")):
    PRODUCER_VERSIONS[Kind(kind)] += 1

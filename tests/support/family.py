"""A child with a child in a session of its own: `python family.py FOLDER ROLE`.

Both wait to be killed. Each writes its process id to a file named after its role. The role
`stubborn` ignores SIGTERM.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path


def main() -> None:
    folder, role = Path(sys.argv[1]), sys.argv[2]
    if role == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if role != "grandchild":
        subprocess.Popen([sys.executable, __file__, str(folder), "grandchild"], start_new_session=True)
    draft = folder / f".{role}.{os.getpid()}"
    draft.write_text(str(os.getpid()))
    draft.replace(folder / role)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()

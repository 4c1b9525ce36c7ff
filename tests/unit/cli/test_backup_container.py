"""Backups run in the gateway's image too, which has neither the command line nor its packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROBE = """
import sys
for name in ("typer", "rich", "httpx", "psutil", "platformdirs"):
    sys.modules[name] = None
import cli.backup.__main__
print(*(name for name in sys.modules if name.split(".")[0] == "cli"))
"""


def test_the_image_holds_all_that_a_backup_imports() -> None:
    found = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    image = (ROOT / "Dockerfile").read_text().split("AS gateway\n")[1].split("\nFROM")[0]
    copied = {word for line in image.splitlines() if line.startswith("COPY ") for word in line.split()[1:-1]}
    sent = set((ROOT / ".dockerignore").read_text().split())
    for module in found.stdout.split():
        path = module.replace(".", "/")
        file = f"{path}.py" if (ROOT / f"{path}.py").is_file() else f"{path}/__init__.py"
        places = {file, *(str(folder) for folder in Path(file).parents)}
        assert places & copied, file
        assert {f"!{place}" for place in places} & sent, file

"""What only the command line can fail with."""

from __future__ import annotations

from shared.errors import InputError, SegueError


class NoSongs(InputError):
    """None of what was given can be used."""

    slug = "no-songs"
    title = "No song to work on"


class NotABackup(InputError):
    """A folder holds no backup that can be used."""

    slug = "not-a-backup"
    title = "Not a backup"

    def __init__(self, folder: str, *, found: str, remedy: str) -> None:
        super().__init__(f"{folder} holds {found}, not a whole backup. {remedy}")


class NothingStored(InputError):
    """There is no bucket to copy."""

    slug = "nothing-stored"
    title = "Nothing is stored"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"Under {folder} no Segue has stored anything. Name its data folder with --data, or another "
            "object store with SEGUE_S3_ENDPOINT and its keys."
        )


class BackupDamaged(SegueError):
    """Objects are not what their records say."""

    slug = "backup-damaged"
    title = "Some of it is damaged"

    def __init__(self, damaged: list[str]) -> None:
        shown = "\n  ".join(damaged[:20])
        super().__init__(
            f"{len(damaged)} records were left out, since what they name is not what they say; all others "
            f"were copied. Delete and make these anew, or take them from an older backup:\n  {shown}"
        )


class NothingToDraw(InputError):
    """A drawing would be empty."""

    slug = "nothing-to-draw"
    title = "Nothing to draw"

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to draw: a model in closed form has no epochs, and a mix of one chunk no "
            "steps. Choose another; `segue models list` and `segue mixes list` show what there is."
        )


class AmbiguousId(InputError):
    """The beginning of an id fits several."""

    slug = "ambiguous-id"
    title = "An id is ambiguous"

    def __init__(self, kind: str, prefix: str, fitting: list[str]) -> None:
        named = ", ".join(one[:16] for one in fitting[:5])
        super().__init__(f"{len(fitting)} {kind} begin with {prefix!r} ({named}). Give more of the id.")

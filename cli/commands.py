"""How commands end: each error in one sentence and an exit code."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from cli.endings import CANCELLED, FAILED, as_document, exit_code
from cli.options import AS_JSON
from cli.output import note, print_json
from segue_client import ClientError
from shared.errors import SegueError

__all__ = ["Commands"]


class Commands(TyperGroup):
    """The commands as a group that ends each error in one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (SegueError, ClientError) as error:
            if ctx.meta.get(AS_JSON):
                print_json({"problem": as_document(error)})
            note(f"segue: {error}", style="red")
            raise typer.Exit(exit_code(error)) from error
        except BrokenPipeError:
            raise  # Whoever read the output has seen enough.
        except OSError as error:
            note(f"segue: {error.strerror or error}: {error.filename or 'no file named'}.", style="red")
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt:
            raise typer.Exit(CANCELLED) from None

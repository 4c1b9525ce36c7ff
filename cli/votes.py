"""`segue votes` and `segue mixes vote`: which of two mixes is better, and whose mixes are liked better."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import output
from cli.completion import complete_id
from cli.ids import full_id
from cli.options import Data, Id, Json, Url
from cli.output import moment, short_id
from cli.reaching import reach
from cli.resources import Resource, commands_of
from cli.scores import tally_table

__all__ = ["add_vote", "votes"]

_CHOSEN = {"a": "the first", "b": "the second", "tie": "neither"}
VOTES = Resource(
    "votes",
    "Votes: which of two mixes is better.",
    {
        "first": lambda vote: short_id(vote["a"]),
        "by": lambda vote: vote["approaches"][0],
        "second": lambda vote: short_id(vote["b"]),
        "by ": lambda vote: vote["approaches"][1],
        "better": lambda vote: _CHOSEN[vote["choice"]],
        "cast": lambda vote: moment(vote["cast_at"]),
    },
    deleting="Take {name} back.",
)
votes = commands_of(VOTES)


@votes.command("tally")
def tally(context: typer.Context, url: Url = None, data: Data = None, as_json: Json = False) -> None:
    """Count whose mixes were liked better, by the model that judged their transitions."""
    with reach(url, data, transport=context.obj) as gateway:
        found = gateway.votes.tally()
    if as_json:
        output.print_json(found)
    elif not found["rows"]:
        output.note("No mixes of different models were compared yet; `segue mixes vote` does.")
    else:
        output.print_table(*tally_table(found["rows"]))


def add_vote(commands: typer.Typer) -> None:
    """Add the command that casts a vote."""

    @commands.command("vote")
    def vote(
        context: typer.Context,
        identifier: Id,
        other: Annotated[
            str,
            typer.Argument(
                metavar="OTHER", help="The mix that it is better than.", autocompletion=complete_id
            ),
        ],
        tie: Annotated[bool, typer.Option("--tie", help="Neither of them is better.")] = False,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Say that a mix is better than another; it counts for the models that judged them.

        Listen to both without knowing which is which: the studio plays them so.
        """
        with reach(url, data, transport=context.obj) as gateway:
            first, second = (full_id(gateway, "mixes", one) for one in (identifier, other))
            cast = gateway.votes.cast(a=first, b=second, choice="tie" if tie else "a")
        if as_json:
            output.print_json(cast)
            return
        said = "as good as" if tie else "better than"
        output.say(f"{short_id(first)} is {said} {short_id(second)}: vote {short_id(cast['id'])}.")

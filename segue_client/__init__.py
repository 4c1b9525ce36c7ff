"""A client of Segue's HTTP API, for programs that wait and for programs that await.

    with Client("http://127.0.0.1:8000") as segue:
        song = segue.songs.upload("night.mp3")
        job = segue.jobs.wait(segue.mixes.make(songs=[song["id"]], chunks=8)["id"])
        segue.mixes.save("mix.mp3", job["mix"])

`AsyncClient` has the same methods, to be awaited, and iterators for `async for`. Documents are what the
gateway answers, as dictionaries whose fields type checkers know. It imports nothing else of Segue.

client.py       the two clients; carrying.py does what they are asked, waiting or awaiting
groups.py       the methods that both have, by the kind of thing that they are about
calls.py        one description of each call of the API; mixing.py, views.py and votes.py have those about
                mixes, looks into their pools, and votes
flows.py        what is sent, read and waited for in a call, without doing any of it
following.py    a job to its end
uploads.py      whole or in pieces; downloads.py
events.py       server-sent events out of the bytes of a stream
documents.py    types of the API's documents, made from its description
errors.py       what can go wrong
"""

from segue_client.client import AsyncClient, Client, is_loopback
from segue_client.errors import (
    ApiProblem,
    Away,
    ClientError,
    Conflict,
    JobCancelled,
    JobFailed,
    NoGateway,
    NotFound,
    OtherFile,
    Refused,
)
from segue_client.following import ENDED

__all__ = [
    "ENDED",
    "ApiProblem",
    "AsyncClient",
    "Away",
    "Client",
    "ClientError",
    "Conflict",
    "JobCancelled",
    "JobFailed",
    "NoGateway",
    "NotFound",
    "OtherFile",
    "Refused",
    "is_loopback",
]

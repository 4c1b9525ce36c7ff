"""The error tree. Each error says what was found, what was needed, and what to do.

    SegueError
    ├── InputError            what was given cannot work; trying again gives the same answer
    │   ├── NotAudio          ├── SongEmpty         ├── SongTooShort      ├── SongTooLong
    │   ├── SongTooLarge      ├── UnsupportedAudio  ├── PoolTooSmall      ├── UnknownStart
    │   ├── TooFewSongs       ├── NothingToLearn    ├── BadSetting        ├── TooManyChunks
    │   ├── WishesContradict  ├── ModelDiverged     ├── EditImpossible
    │   └── KeyReused
    ├── NotFound              no such thing, for this tenant
    │   ├── SongGone          a song that a job needs was deleted
    │   ├── PartsGone         what a mix was made of was deleted
    │   └── HeldOutGone       the songs that a model held out were deleted
    ├── Conflict              the state of things forbids it
    │   ├── InUse             a live job needs what should be deleted
    │   ├── AlreadyEnded      a job that has ended cannot be cancelled
    │   ├── OffAir            a radio that nobody listens to has nothing to skip
    │   └── AlreadyRunning    the data folder is in use by another stack
    ├── Unavailable           a server is not there right now; trying again helps
    │   ├── StoreUnavailable  ├── QueueUnavailable  ├── QueueFull         ├── NoSound
    │   └── RadioBusy         as many radios are on air, or as many wishes wait, as may be
    ├── MachineError          this machine lacks something
    │   ├── ToolMissing       ├── DecoderFailed     ├── EncoderFailed
    │   ├── PortTaken         ├── ServerFailed      └── OpenAddress
    ├── Corrupt               what is stored is not what its record says
    │   └── Illegible         a record is none that this release can read
    ├── Outdated              an attempt took so long that what it stored may be gone
    ├── GaveUp                a task was started as often as allowed and never finished
    └── Interrupted           not failures: a task stops early
        ├── Unwanted          nobody wants the artifact any more
        └── HandedBack        the worker shuts down; another goes on

`slug` names the kind for machines (it ends a problem document's `type`), `title` for people. Only
the gateway knows HTTP status codes; see `services/gateway/problems.py`.
"""

from __future__ import annotations

from typing import ClassVar


class SegueError(Exception):
    """The root of everything that Segue raises on purpose."""

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"


class InputError(SegueError):
    """What was given cannot work; the same request fails the same way."""

    slug = "bad-input"
    title = "This input cannot be used"


class NotAudio(InputError):
    """The bytes are no audio that can be decoded."""

    slug = "not-audio"
    title = "Not an audio file"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"No audio could be decoded: {reason}. Needed is a sound file such as MP3, WAV, FLAC, Ogg, Opus, "
            "M4A or AIFF. Check that the file plays elsewhere, or convert it."
        )


class SongEmpty(InputError):
    """The upload has no bytes, or no samples."""

    slug = "song-empty"
    title = "The song is empty"

    def __init__(self, what: str = "0 bytes") -> None:
        super().__init__(f"The file holds {what}; a song needs sound. Check the file and upload it again.")


class SongTooShort(InputError):
    """The song is shorter than what is to be done with it needs."""

    slug = "song-too-short"
    title = "The song is too short"

    def __init__(self, *, found_s: float, needed_s: float, purpose: str = "be cut") -> None:
        self.found_s, self.needed_s = found_s, needed_s
        super().__init__(
            f"The song lasts {found_s:.2f} s; to {purpose} it needs at least {needed_s:.2f} s. "
            "Use a longer song, or ask for shorter chunks."
        )


class SongTooLong(InputError):
    """The song is longer than the limit."""

    slug = "song-too-long"
    title = "The song is too long"

    def __init__(self, *, limit_s: float) -> None:
        self.limit_s = limit_s
        super().__init__(
            f"The song lasts more than {limit_s / 3600:g} h, the limit. Split it, or raise SEGUE_MAX_SONG_S."
        )


class SongTooLarge(InputError):
    """The upload has more bytes than the limit."""

    slug = "song-too-large"
    title = "The file is too large"

    def __init__(self, *, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(
            f"The file has more than {limit_bytes / 1e6:g} MB, the limit. "
            "Upload a compressed file (MP3, Ogg, FLAC), or raise SEGUE_MAX_UPLOAD_BYTES."
        )


class UnsupportedAudio(InputError):
    """Audio of a kind that is out of bounds, such as 12 channels or 2 kHz."""

    slug = "unsupported-audio"
    title = "This kind of audio is not supported"

    def __init__(self, *, found: str, needed: str) -> None:
        super().__init__(f"The file has {found}; supported is {needed}. Convert it and upload it again.")


class PoolTooSmall(InputError):
    """A mix cannot be longer than its pool when no chunk may repeat."""

    slug = "pool-too-small"
    title = "The pool is smaller than the mix"

    def __init__(self, *, wanted: int, available: int) -> None:
        self.wanted, self.available = wanted, available
        super().__init__(
            f"A mix of {wanted} chunks needs as many in its pool; it has {available}. "
            "Add songs, cut them finer, or ask for a shorter mix."
        )


class UnknownStart(InputError):
    """The start chunk is not in the pool."""

    slug = "unknown-start"
    title = "No such start chunk"

    def __init__(self, *, song: str, chunk: int, chunks: int) -> None:
        found = f"has chunks 0 to {chunks - 1}" if chunks else "is not in the pool"
        super().__init__(
            f"Chunk {chunk} of song {song} cannot start the mix: that song {found}. Choose another."
        )


class TooFewSongs(InputError):
    """Something needs more songs than were given."""

    slug = "too-few-songs"
    title = "Too few songs"

    def __init__(self, *, found: int, needed: int, purpose: str) -> None:
        self.found, self.needed = found, needed
        super().__init__(f"{purpose} needs at least {needed} songs; there are {found}. Add songs.")


class NothingToLearn(InputError):
    """The cuts give no training examples."""

    slug = "nothing-to-learn"
    title = "Nothing to learn from"

    def __init__(self, *, examples: int, needed: int) -> None:
        self.examples, self.needed = examples, needed
        super().__init__(
            f"The cuts give {examples} training examples; at least {needed} are needed. "
            "Add songs, or cut them finer."
        )


class BadSetting(InputError):
    """A parameter has a value that it cannot have."""

    slug = "bad-setting"
    title = "A setting is out of range"


class TooManyChunks(InputError):
    """A song would be cut into more chunks than a cut may have."""

    slug = "too-many-chunks"
    title = "The cut has too many chunks"

    def __init__(self, *, found: int, limit: int, song_s: float) -> None:
        self.found, self.limit = found, limit
        super().__init__(
            f"The song, of {song_s:.0f} s, would be cut into {found} chunks; a cut may have {limit}. Ask for "
            f"longer ones (`chunk_s`, `bars`, `min_chunk_ms`), of {song_s / limit:.2f} s or more, or split "
            "the song."
        )


class WishesContradict(InputError):
    """Two wishes, or a wish and a limit, that no mix of this pool can fulfil together."""

    slug = "wishes-contradict"
    title = "The wishes contradict each other"

    def __init__(self, first: str, second: str, *, found: str, remedy: str) -> None:
        self.first, self.second = first, second
        super().__init__(f"{first} contradicts {second}: {found}. {remedy}.")


class EditImpossible(InputError):
    """An edit that cannot be made to this mix."""

    slug = "edit-impossible"
    title = "The mix cannot be changed so"

    def __init__(self, number: int, edit: str, *, found: str, remedy: str) -> None:
        """Describe an edit by its place in the list, from 0, and its kind."""
        self.number, self.edit = number, edit
        super().__init__(f"Edit {number} (`{edit}`) cannot be made: {found}. {remedy}.")


class ModelDiverged(InputError):
    """A model gives scores that are not numbers."""

    slug = "model-diverged"
    title = "The model cannot judge"

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The model is of no use: {found}. Its training has diverged; "
            "fit it again with a lower learning rate or another seed."
        )


class KeyReused(InputError):
    """An idempotency key was used before, for something else."""

    slug = "key-reused"
    title = "This Idempotency-Key stands for another request"

    def __init__(self, *, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(
            f"The Idempotency-Key was sent before and gave {kind} {name}, of another request. "
            "Send each request with a key of its own; repeat a key only with the same request."
        )


class NotFound(SegueError):
    """No such thing, for this tenant."""

    slug = "not-found"
    title = "Not found"

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"There is no {kind} {name!r}. List what there is, or check the id.")


class SongGone(NotFound):
    """A song that a job needs has been deleted."""

    slug = "song-gone"
    title = "A song is gone"

    def __init__(self, song: str) -> None:
        self.kind, self.name = "song", song
        SegueError.__init__(
            self, f"Song {song} was deleted while this job needed it. Upload it again and retry."
        )


class PartsGone(NotFound):
    """Something that a mix was made of is not there any more, and a change of the mix needs it."""

    slug = "parts-gone"
    title = "Parts of the mix are gone"

    def __init__(self, mix: str, *, noun: str, name: str) -> None:
        self.kind, self.name = noun, name
        SegueError.__init__(
            self,
            f"The {noun} {name}, of which mix {mix} was made, was deleted, and a change of the mix needs it. "
            "Make the mix anew from its songs, and change that one.",
        )


class HeldOutGone(NotFound):
    """The songs that a model held out of its fit, or their cuts, have been deleted."""

    slug = "held-out-gone"
    title = "The held-out songs are gone"

    def __init__(self, *, model: str) -> None:
        self.kind, self.name = "model", model
        SegueError.__init__(
            self,
            f"Model {model} held songs out of its fit, but its dataset or their cuts were deleted. "
            "Name the songs to judge it on.",
        )


class Conflict(SegueError):
    """The state of things forbids the request."""

    slug = "conflict"
    title = "Not possible in this state"


class InUse(Conflict):
    """A live job needs what should be deleted."""

    slug = "in-use"
    title = "A job needs this"

    def __init__(self, *, kind: str, name: str, job: str) -> None:
        self.job = job
        super().__init__(f"The {kind} {name} is needed by job {job}. Wait until it ends, or cancel it first.")


class UnderWay(Conflict):
    """A worker is at what should be deleted; its job was cancelled, which it has not yet heard of."""

    slug = "under-way"
    title = "A worker is at this"

    def __init__(self, *, kind: str, name: str) -> None:
        super().__init__(
            f"A worker is at the {kind} {name} and has not stopped yet. Ask again in a few seconds."
        )


class AlreadyEnded(Conflict):
    """A job that has ended cannot be cancelled."""

    slug = "already-ended"
    title = "The job has ended"

    def __init__(self, *, job: str, state: str) -> None:
        super().__init__(f"Job {job} has already {state}; there is nothing to cancel.")


class OffAir(Conflict):
    """Nobody listens to a radio, so there is nothing that could be skipped or banned."""

    slug = "off-air"
    title = "Nobody listens to this radio"

    def __init__(self) -> None:
        super().__init__(
            "This radio is not on air: nothing plays that could be skipped or banned. Listen to it first, "
            "and name the seed that you listen to."
        )


class AlreadyRunning(Conflict):
    """Another stack uses the data folder."""

    slug = "already-running"
    title = "Segue is already running"

    def __init__(self, *, folder: str, pid: int | None) -> None:
        self.folder, self.pid = folder, pid
        by = f"process {pid}" if pid else "another process"
        super().__init__(
            f"The data folder {folder} is in use by {by}. Use that one, stop it, or choose another folder."
        )


class Unavailable(SegueError):
    """A server is not there right now; trying again helps."""

    slug = "unavailable"
    title = "Temporarily unavailable"


class StoreUnavailable(Unavailable):
    """The object store does not answer, or answers with a failure of its own."""

    slug = "store-unavailable"
    title = "The object store is not available"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The object store could not be used: {reason}. Try again; if it stays, check the store."
        )


class QueueUnavailable(Unavailable):
    """Valkey does not answer."""

    slug = "queue-unavailable"
    title = "The queue is not available"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The queue could not be reached: {reason}. Try again; if it stays, check Valkey.")


class QueueFull(QueueUnavailable):
    """Valkey has next to no memory left; it would refuse the messages of what was accepted."""

    slug = "queue-full"
    title = "The queue is full"

    def __init__(self, *, used_share: float, most_share: float) -> None:
        Unavailable.__init__(
            self,
            f"{used_share:.0%} of the queue's memory are in use; {most_share:.0%} may be. Try again when "
            "some of the open jobs have ended; if it stays, give Valkey more (`maxmemory`).",
        )


class NoSound(Unavailable):
    """No worker made the next block of a radio in time."""

    slug = "no-sound"
    title = "The radio has no sound"

    def __init__(self, *, waited_s: float) -> None:
        super().__init__(
            f"No worker made the next block of the radio within {waited_s:g} s. An assembler has to run, and "
            "to have time for it. Try again in a while."
        )


class RadioBusy(Unavailable):
    """A gateway has no room for another radio, or for another wish."""

    slug = "radio-busy"
    title = "The radio is busy"

    def __init__(self, found: str, *, instead: str) -> None:
        super().__init__(f"{found}, which is as many as may be. {instead}")


class MachineError(SegueError):
    """This machine lacks something that the work needs."""

    slug = "machine"
    title = "This machine cannot do that"


class ToolMissing(MachineError):
    """A program that Segue calls is not installed."""

    slug = "tool-missing"
    title = "A program is missing"

    def __init__(self, tool: str, remedy: str) -> None:
        super().__init__(f"{tool} was not found on this machine. {remedy}")


class DecoderFailed(MachineError):
    """The decoder itself failed, whatever it was given."""

    slug = "decoder-failed"
    title = "The decoder failed"


class EncoderFailed(MachineError):
    """The encoder gave no file, though what it was given is in order."""

    slug = "encoder-failed"
    title = "The encoder failed"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The mix could not be written: {reason}. Check the space on the disk and that ffmpeg works "
            "(`segue doctor`), then try again."
        )


class Corrupt(SegueError):
    """Stored bytes are not what their record says."""

    slug = "corrupt"
    title = "Stored data is damaged"

    def __init__(self, *, what: str, found: str, needed: str) -> None:
        super().__init__(f"The stored {what} have {found}; their record says {needed}. Make them again.")


class Illegible(Corrupt):
    """A stored record cannot be read: it is damaged, or a later release wrote it."""

    slug = "illegible"
    title = "A stored record cannot be read"

    def __init__(self, *, key: str, fault: str, is_damage: bool = False) -> None:
        self.key = key
        self.is_damage = is_damage
        """It is no JSON at all, which no release writes."""
        SegueError.__init__(
            self,
            f"The stored record {key} is none that this release can read ({fault}). Put it back from a "
            "copy of the bucket, or run the release that wrote it; what it belongs to can be made again.",
        )


class Outdated(SegueError):
    """An attempt took so long that what it stored may have been cleared up meanwhile."""

    slug = "outdated"
    title = "An attempt took too long"

    def __init__(self, *, took_s: float, limit_s: float) -> None:
        super().__init__(
            f"The attempt began {took_s / 3600:.1f} h ago; after {limit_s / 3600:g} h, what it stored may "
            "have been cleared up. It is made anew; if this comes again, keep the machine awake meanwhile."
        )


class PortTaken(MachineError):
    """A port that Segue should listen on is in use."""

    slug = "port-taken"
    title = "A port is in use"

    def __init__(self, port: int | str) -> None:
        self.port = port
        super().__init__(f"Port {port} is in use by another program. Stop it, or choose another port.")


class ServerFailed(MachineError):
    """A child process of the local stack does not become ready."""

    slug = "server-failed"
    title = "A part of Segue does not start"

    def __init__(self, name: str, *, reason: str, log: str, last_lines: str) -> None:
        self.name, self.log = name, log
        super().__init__(
            f"{name} did not become ready: {reason}. Its log is {log}; it ends with:\n{last_lines}"
        )


class OpenAddress(MachineError):
    """The gateway was to listen where others reach it, and there is no key to let anyone in by."""

    slug = "open-address"
    title = "There is no key to let anyone in"

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"On {host}, which is not loopback, the gateway asks everyone for a key, and none was made. Set "
            "SEGUE_ADMIN_KEY, the operator's own, and make keys with `segue keys make`; or set "
            "SEGUE_HOST=127.0.0.1; or SEGUE_ALLOW_OPEN=true where something in front of it checks who calls."
        )


class GaveUp(SegueError):
    """A task was started as often as allowed and never finished."""

    slug = "gave-up"
    title = "A step failed again and again"

    def __init__(self, *, step: str, starts: int, cause: str) -> None:
        self.step, self.starts, self.cause = step, starts, cause
        super().__init__(
            f"The step '{step}' was started {starts} times and never finished. Last cause: {cause}"
        )


class Interrupted(SegueError):
    """A task stops early, for a reason that is no failure."""


class Unwanted(Interrupted):
    """No open job wants the artifact any more."""


class HandedBack(Interrupted):
    """The worker shuts down; another goes on from what is stored."""

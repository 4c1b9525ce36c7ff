"""The documents of the API; made by `make client`, not by hand."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class Approach(TypedDict):
    name: str
    summary: str
    trained: bool
    presets: dict[str, dict[str, Any]]
    settings: dict[str, Any]


class Ban(TypedDict):
    edit: NotRequired[Literal["ban"]]
    song: str
    chunk: NotRequired[int | None]


class Candidate(TypedDict):
    song: str
    title: str
    chunk: int
    cut: str
    start_s: float
    duration_s: float
    before: float | None
    after: float | None
    breaks: list[str]


class Candidates(TypedDict):
    position: int
    candidates: list[Candidate]


class Check(TypedDict):
    name: str
    ok: bool
    detail: str


class Chunk(TypedDict):
    n: int
    start: int
    stop: int
    start_s: float
    duration_s: float


class ChunkName(TypedDict):
    song: str
    chunk: int


class Correction(TypedDict):
    tempo_bpm: NotRequired[float | None]
    beats_per_bar: NotRequired[Literal[2, 3, 4, 5, 6, 7] | None]
    downbeat_s: NotRequired[float | None]
    key: NotRequired[str | None]


class Cut(TypedDict):
    method: NotRequired[Literal["silence", "equal", "beats"]]
    threshold_dbfs: NotRequired[float | Literal["auto"]]
    min_silence_ms: NotRequired[int]
    target_chunk_s: NotRequired[float]
    min_chunk_ms: NotRequired[int]
    max_chunk_ms: NotRequired[int | None]
    chunk_s: NotRequired[float]
    bars: NotRequired[int]
    keep_rest: NotRequired[bool]
    format: NotRequired[Literal["flac", "wav", "mp3"]]


class CutDetails(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    song: str
    cut: Cut
    chunk_count: int
    mean_chunk_s: float
    sample_rate_hz: int
    channels: int
    format: str
    threshold_dbfs: float | None
    note: str | None
    chunks: list[Chunk]


class CutSummary(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    song: str
    cut: Cut
    chunk_count: int
    mean_chunk_s: float


class CutsRequest(TypedDict):
    songs: list[str]
    cut: NotRequired[Cut]


class End(TypedDict):
    song: str
    chunk: NotRequired[int | None]


class Estimate(TypedDict):
    value: float
    low: float
    high: float


class FieldError(TypedDict):
    field: str
    found: Any
    needed: str


class Gain(TypedDict):
    mrr_gain: float
    low: float
    high: float


class GarbageItem(TypedDict):
    prefix: str
    reason: str
    objects: int
    bytes: int


class Headline(TypedDict):
    mrr: Estimate
    vs_linear: Gain | None
    r_at_1: float
    r_at_10: float
    in_song_r_at_1: float
    queries: int
    gap_mrr: dict[str, float]


class Health(TypedDict):
    status: str


class Key(TypedDict):
    id: str
    name: str
    tenant: str
    made_at: str
    revoked_at: str | None


class KeyRequest(TypedDict):
    name: str
    tenant: NotRequired[str | None]


class LeaderboardRow(TypedDict):
    mrr: Estimate
    vs_linear: Gain | None
    r_at_1: float
    r_at_10: float
    in_song_r_at_1: float
    queries: int
    gap_mrr: dict[str, float]
    place: int
    approach: str
    models: list[str]
    beats_linear: bool | None


class Lengthen(TypedDict):
    edit: NotRequired[Literal["lengthen"]]
    chunks: NotRequired[int | None]
    duration_s: NotRequired[float | None]


class Limits(TypedDict):
    most_replay: NotRequired[float | None]
    longest_run_s: NotRequired[float | None]
    least_between_songs: NotRequired[float | None]
    least_songs: NotRequired[int | None]
    twins_apart: NotRequired[int | None]
    tempo_within_percent: NotRequired[float | None]
    key_within: NotRequired[int | None]


class MapPoint(TypedDict):
    x: float
    y: float
    song: int
    chunk: int
    start_s: float


class MapSong(TypedDict):
    id: str
    title: str


class Model(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    approach: str
    settings: dict[str, Any]
    seed: int
    weights_sha256: str
    epochs: int
    fit_s: float
    train_songs: list[str]
    held_out_songs: list[str]
    summary: dict[str, float | None]


class Move(TypedDict):
    edit: NotRequired[Literal["move"]]
    position: int
    to: int


class NewKey(TypedDict):
    id: str
    name: str
    tenant: str
    made_at: str
    revoked_at: str | None
    key: str


class Output(TypedDict):
    format: NotRequired[Literal["mp3", "wav", "flac", "ogg"]]
    bitrate_kbps: NotRequired[int | None]
    sample_rate_hz: NotRequired[Literal[22050, 32000, 44100, 48000]]
    channels: NotRequired[Literal[1, 2]]
    seams: NotRequired[Literal["blend", "plain"]]
    loudness_lufs: NotRequired[float]
    stretch: NotRequired[bool]


class PageCutSummary(TypedDict):
    items: list[CutSummary]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PageKey(TypedDict):
    items: list[Key]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PageModel(TypedDict):
    items: list[Model]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class Passage(TypedDict):
    song: str
    section: NotRequired[int | None]
    from_s: NotRequired[float | None]
    to_s: NotRequired[float | None]


class Pin(TypedDict):
    first: int
    last: int
    edit: NotRequired[Literal["pin"]]


class Playing(TypedDict):
    song: str
    title: str
    artist: str | None
    chunk: int
    for_s: float


class Pool(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    approach: str
    model: str
    cuts: list[str]
    songs: list[str]
    counts: list[int]
    chunks: int


class PoolMap(TypedDict):
    approach: str
    chunks: int
    explained: list[float]
    songs: list[MapSong]
    points: list[MapPoint]
    path: list[int]


class PretrainedRequest(TypedDict):
    approach: NotRequired[str]


class Preview(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    mix: str
    position: int
    duration_s: float
    seam_s: float
    manner: str
    format: str


class PreviewRequest(TypedDict):
    manner: NotRequired[Literal["auto", "blend", "cut", "echo_out", "bass_swap"] | None]
    nudge_ms: NotRequired[float | None]
    nudge_beats: NotRequired[float | None]
    around_s: NotRequired[float]
    format: NotRequired[Literal["mp3", "wav"]]


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    instance: NotRequired[str | None]
    request_id: NotRequired[str | None]
    errors: NotRequired[list[FieldError] | None]


class Protocol(TypedDict):
    chunks_per_song: NotRequired[int | None]
    gaps_s: NotRequired[list[float]]
    headline_gap_s: NotRequired[float]
    false_successors: NotRequired[int]
    puzzles: NotRequired[int]
    pairwise_queries: NotRequired[int]
    pairwise_puzzles: NotRequired[int]
    resamples: NotRequired[int]
    seed: NotRequired[int]


class Radio(TypedDict):
    pool: str
    seed: int
    stream: str
    listeners: int
    played_s: float
    ahead_s: float
    playing: Playing | None


class RadioBan(TypedDict):
    what: NotRequired[Literal["song", "chunk"]]
    song: NotRequired[str | None]
    chunk: NotRequired[int | None]


class Readiness(TypedDict):
    ready: bool
    checks: list[Check]


class Remove(TypedDict):
    edit: NotRequired[Literal["remove"]]
    position: int


class ReportRequest(TypedDict):
    songs: NotRequired[list[str] | None]
    cut: NotRequired[Cut | None]
    protocol: NotRequired[Protocol]


class ReportSummary(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    model: str
    approach: str
    pool: str
    songs: int
    chunks: int
    headline_gap_s: float
    protocol: Protocol
    figures: dict[str, Headline]


class Results(TypedDict):
    songs: NotRequired[list[str]]
    cuts: NotRequired[list[str]]
    models: NotRequired[list[str]]
    pools: NotRequired[list[str]]
    analyses: NotRequired[list[str]]
    mixes: NotRequired[list[str]]
    previews: NotRequired[list[str]]
    reports: NotRequired[list[str]]


class SeamEdit(TypedDict):
    manner: NotRequired[Literal["auto", "blend", "cut", "echo_out", "bass_swap"] | None]
    nudge_ms: NotRequired[float | None]
    nudge_beats: NotRequired[float | None]
    edit: NotRequired[Literal["seam"]]
    position: int


class Session(TypedDict):
    tenant: str
    expires_at: str | None


SongState: TypeAlias = Literal["received", "ready", "rejected"]


class StageProgress(TypedDict):
    done: float
    total: float
    unit: str
    eta_s: float | None
    note: str | None


StageState: TypeAlias = Literal["waiting", "running", "done"]


class Start(TypedDict):
    song: str
    chunk: NotRequired[int]


State: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Stored(TypedDict):
    objects: int
    bytes: int


class Swap(TypedDict):
    edit: NotRequired[Literal["swap"]]
    position: int
    by: NotRequired[ChunkName | None]


class System(TypedDict):
    versions: dict[str, str]
    workers: dict[str, int] | None
    deaf: dict[str, int] | None
    queued: dict[str, int] | None
    stored: dict[str, Stored]
    open_jobs: int
    limits: dict[str, int | float]


class TallyRow(TypedDict):
    approach: str
    model: str | None
    won: int
    lost: int
    tied: int
    share: float


class TrainingRequest(TypedDict):
    approach: NotRequired[str]
    preset: NotRequired[str | None]
    settings: NotRequired[dict[str, Any]]
    seed: NotRequired[int]


class Unpin(TypedDict):
    first: int
    last: int
    edit: NotRequired[Literal["unpin"]]


class Upload(TypedDict):
    id: str
    name: str
    size_bytes: int
    offset_bytes: int
    begun_at: str
    song: str | None
    is_new: bool | None
    links: dict[str, str]


Edits: TypeAlias = Swap | Ban | Pin | Unpin | SeamEdit | Lengthen | Remove | Move


class Version(TypedDict):
    id: str
    created_at: str | None
    duration_s: float | None
    chunks: int | None
    revision_of: str | None
    edits: list[Edits]
    links: dict[str, str]


class Vote(TypedDict):
    id: str
    a: str
    b: str
    choice: Literal["a", "b", "tie"]
    approaches: list[str]
    cast_at: str
    links: dict[str, str]


class VoteRequest(TypedDict):
    a: str
    b: str
    choice: Literal["a", "b", "tie"]


class EditDone(TypedDict):
    done: str
    positions: list[int]


class FormFacts(TypedDict):
    intro: bool
    ending: bool
    left_at_sections: float | None
    entered_at_sections: float | None
    run_s: float
    run_bars: float | None


class SeamEntry(TypedDict):
    manner: str
    fade_s: float
    leaves_s: float
    enters_s: float
    gain_db: float
    step_lu: float
    correlations: list[float]
    jolt: float
    fades_s: list[float]
    timing: str
    tempo_step: float | None
    stretch: float
    stretched_s: float
    vetoes: list[str]
    snippet: str | None


class Analysis(TypedDict):
    song: str
    tempo_bpm: float | None
    beat_confidence: float
    beats_per_bar: int | None
    bar_confidence: float
    key: str | None
    key_confidence: float
    sections_s: list[float]
    note: str | None
    correction: Correction
    beats_s: list[float]
    bars_s: list[float]
    links: dict[str, str]


class Collected(TypedDict):
    dry_run: bool
    removed: int
    bytes: int
    items: list[GarbageItem]


class History(TypedDict):
    ancestors: list[Version]
    mix: Version
    revisions: list[Version]


class JobSummary(TypedDict):
    id: str
    state: State
    goal: str
    accepted_at: str
    ended_at: str | None
    mix: str | None
    preview: str | None
    report: str | None
    problem: Problem | None
    links: dict[str, str]


class Leaderboard(TypedDict):
    pool: str
    songs: int
    chunks: int
    headline_gap_s: float
    rows: list[LeaderboardRow]
    votes: list[TallyRow]


class MixRequest(TypedDict):
    chunks: NotRequired[int | None]
    duration_s: NotRequired[float | None]
    start: NotRequired[Start | None]
    end: NotRequired[End | None]
    must: NotRequired[list[str | Passage]]
    without: NotRequired[list[str | Passage]]
    most_in_a_row: NotRequired[int | None]
    repeats_after: NotRequired[int | None]
    energy: NotRequired[Literal["rise", "fall", "arc"] | list[list[Any]] | None]
    smoothness: NotRequired[float]
    steadiness: NotRequired[float]
    sections: NotRequired[float]
    runs_bars: NotRequired[Literal[8, 16, 32] | None]
    opening: NotRequired[Literal["intro", "any"] | None]
    closing: NotRequired[Literal["ending", "any"] | None]
    method: NotRequired[Literal["beam", "greedy", "sample"]]
    width: NotRequired[int | None]
    temperature: NotRequired[float]
    seed: NotRequired[int]
    limits: NotRequired[Limits]
    accept_above: NotRequired[float | None]
    songs: NotRequired[list[str] | None]
    cuts: NotRequired[list[str] | None]
    cut: NotRequired[Cut | None]
    model: NotRequired[str | None]
    training: NotRequired[TrainingRequest | None]
    output: NotRequired[Output]


class ModelRequest(TypedDict):
    songs: NotRequired[list[str] | None]
    cuts: NotRequired[list[str] | None]
    cut: NotRequired[Cut | None]
    training: NotRequired[TrainingRequest]


class PageJobSummary(TypedDict):
    items: list[JobSummary]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PagePool(TypedDict):
    items: list[Pool]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PageReportSummary(TypedDict):
    items: list[ReportSummary]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PageVote(TypedDict):
    items: list[Vote]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PoolRequest(TypedDict):
    songs: NotRequired[list[str] | None]
    cuts: NotRequired[list[str] | None]
    cut: NotRequired[Cut | None]
    model: NotRequired[str | None]
    training: NotRequired[TrainingRequest | None]


class RevisionRequest(TypedDict):
    edits: list[Edits]


class Sequencing(TypedDict):
    chunks: NotRequired[int | None]
    duration_s: NotRequired[float | None]
    start: NotRequired[Start | None]
    end: NotRequired[End | None]
    must: NotRequired[list[str | Passage]]
    without: NotRequired[list[str | Passage]]
    most_in_a_row: NotRequired[int | None]
    repeats_after: NotRequired[int | None]
    energy: NotRequired[Literal["rise", "fall", "arc"] | list[list[Any]] | None]
    smoothness: NotRequired[float]
    steadiness: NotRequired[float]
    sections: NotRequired[float]
    runs_bars: NotRequired[Literal[8, 16, 32] | None]
    opening: NotRequired[Literal["intro", "any"] | None]
    closing: NotRequired[Literal["ending", "any"] | None]
    method: NotRequired[Literal["beam", "greedy", "sample"]]
    width: NotRequired[int | None]
    temperature: NotRequired[float]
    seed: NotRequired[int]
    limits: NotRequired[Limits]
    accept_above: NotRequired[float | None]


class Song(TypedDict):
    id: str
    state: SongState
    name: str
    size_bytes: int
    uploaded_at: str
    title: str
    artist: str | None
    duration_s: float | None
    sample_rate_hz: int | None
    channels: int | None
    codec: str | None
    peak: float | None
    problem: Problem | None
    job: str | None
    links: dict[str, str]


class Stage(TypedDict):
    name: str
    done: int
    total: int
    state: StageState
    progress: StageProgress | None


class Tally(TypedDict):
    rows: list[TallyRow]


class Entry(TypedDict):
    position: int
    song: str
    title: str
    artist: str | None
    chunk: int
    source_start_s: float
    source_end_s: float
    mix_start_s: float
    mix_end_s: float
    score: float | None
    seam: SeamEntry | None
    pinned: bool


class MixReport(TypedDict):
    title: str
    approach: str
    model: str
    pool: str
    pool_chunks: int
    format: str
    sample_rate_hz: int
    channels: int
    duration_s: float
    peak: float
    joins: str
    loudness_lufs: float | None
    limited_db: float
    worst_seams: list[int]
    songs: int
    mean_score: float | None
    method: str
    limits: Limits | None
    energy_off: float | None
    form: FormFacts | None
    replays: int
    replay_share: float
    longest_run_s: float
    revision_of: str | None
    edits: list[EditDone]
    banned: list[Ban]
    sequence: list[Entry]


class Job(TypedDict):
    id: str
    state: State
    goal: str
    accepted_at: str
    ended_at: str | None
    mix: str | None
    preview: str | None
    report: str | None
    problem: Problem | None
    links: dict[str, str]
    progress: float
    eta_s: float | None
    stages: list[Stage]
    result: Results
    warning: str | None


class Mix(TypedDict):
    created_at: str
    size_bytes: int
    links: dict[str, str]
    id: str
    title: str
    duration_s: float
    chunks: int
    songs: int
    approach: str
    model: str | None
    pool: str | None
    sequencing: Sequencing | None
    output: Output
    revision_of: str | None
    edits: list[Edits]


class PageMix(TypedDict):
    items: list[Mix]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]


class PageSong(TypedDict):
    items: list[Song]
    next_cursor: str | None
    unreadable: NotRequired[list[str]]

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.gateway.resolution import Resolver, resolve_training
from services.gateway.schemas.requests import MixRequest, ModelRequest, PoolRequest, TrainingRequest
from shared.corrections import Correction
from shared.errors import BadSetting, NotFound, PoolTooSmall, UnknownStart, WishesContradict
from shared.learning.approaches import get_approach
from shared.parameters import Cut, End, Limits, Passage, Sequencing, Start, Training
from shared.store.manifests import Problem, RejectedInput
from shared.store.specs import AnalysisSpec, CutSpec, SongSpec
from tests.support.library import CUT, OTHER_SONG, SONG, TENANT, Library, analysis_facts, mix_recipe

SHIPPED = "5" * 64
NOT_AUDIO = Problem(slug="not-audio", title="Not an audio file", detail="No audio.")


def resolver(library: Library, *uploaded: str) -> Resolver:
    return Resolver(TENANT, library.get, set(uploaded).__contains__, lambda: SHIPPED, dict)


def test_a_mix_of_songs_alone_gets_every_default():
    recipe = resolver(Library()).mix(MixRequest(songs=[SONG, OTHER_SONG, SONG]))
    assert [(part.song, part.cut) for part in recipe.parts] == [(SONG, Cut()), (OTHER_SONG, Cut())]
    assert recipe.model == SHIPPED
    assert recipe.sequencing.chunks == 30


def test_a_model_is_fitted_only_where_training_is_asked_for_and_is_then_the_best_approach():
    asked, best = resolver(Library()), get_approach("segue").resolve().model_dump(mode="json")
    fitted = Training(approach="segue", settings=best, seed=0)
    assert asked.pool(PoolRequest(songs=[SONG])).model == SHIPPED
    assert asked.pool(PoolRequest(songs=[SONG], model="d" * 64)).model == "d" * 64
    assert asked.pool(PoolRequest(songs=[SONG], training=TrainingRequest())).model == fitted
    assert asked.model(ModelRequest(songs=[SONG])).training == fitted


def test_a_preset_is_resolved_to_every_setting():
    chosen = TrainingRequest(approach="binary", preset="fast", settings={"epochs": 3}, seed=7)
    training = resolve_training(chosen)
    fast = get_approach("binary").resolve({"preset": "fast"}).model_dump(mode="json")
    assert training.settings == {**fast, "epochs": 3}
    assert training.seed == 7


@pytest.mark.parametrize(
    "chosen",
    [
        TrainingRequest(approach="nonesuch"),
        TrainingRequest(approach="binary", preset="nonesuch"),
        TrainingRequest(approach="binary", settings={"nonesuch": 1}),
        TrainingRequest(approach="binary", settings={"epochs": 0}),
    ],
)
def test_settings_that_cannot_be_are_refused(chosen):
    with pytest.raises(BadSetting):
        resolve_training(chosen)


def test_the_same_request_gives_the_same_recipe_by_preset_or_by_default():
    named = MixRequest(songs=[SONG], training=TrainingRequest(approach="binary", preset="fast"))
    default = MixRequest(songs=[SONG], training=TrainingRequest(approach="binary"))
    assert resolver(Library()).mix(named) == resolver(Library()).mix(default)


def test_cuts_stand_for_their_songs_and_parameters():
    library = Library()
    cuts = [library.cut(SONG), library.cut(OTHER_SONG)]
    recipe = resolver(library).model(ModelRequest(cuts=[cut.key for cut in cuts]))
    assert [(part.song, part.cut) for part in recipe.parts] == [(SONG, CUT), (OTHER_SONG, CUT)]


def test_of_songs_named_by_cuts_is_known_what_the_cut_was_told_or_what_users_say_now():
    library, then, now = Library(), Correction(tempo_bpm=90), Correction(key="A minor")
    on_beats = CutSpec(song=OTHER_SONG, cut=Cut(method="beats"), correction=then)
    cuts = [library.cut(SONG), library.make(on_beats)]
    known = {SONG: now, OTHER_SONG: now}
    asked = Resolver(TENANT, library.get, lambda song: True, lambda: SHIPPED, lambda: known)
    recipe = asked.mix(MixRequest(cuts=[cut.key for cut in cuts]))
    assert [(part.song, part.correction) for part in recipe.parts] == [(SONG, now), (OTHER_SONG, then)]


def test_unknown_cuts_are_named():
    with pytest.raises(NotFound, match="cut 'cccc"):
        resolver(Library()).pool(PoolRequest(cuts=["c" * 64]))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"songs": [SONG], "cuts": ["c" * 64]},
        {"cuts": ["c" * 64], "cut": Cut()},
        {"songs": []},
        {"songs": [SONG], "model": "d" * 64, "training": TrainingRequest()},
    ],
)
def test_requests_that_contradict_themselves_are_refused(fields):
    with pytest.raises(ValidationError):
        MixRequest(**fields)


def test_songs_must_be_there_decoded_or_not():
    library = Library()
    library.song(SONG)
    resolver(library, OTHER_SONG).check(mix_recipe(SONG, OTHER_SONG))
    with pytest.raises(NotFound, match="c" * 64):
        resolver(library, OTHER_SONG).check(mix_recipe(SONG, OTHER_SONG, "c" * 64))


def test_rejected_songs_are_refused_with_their_own_problem():
    library = Library()
    library.reject(SongSpec(song=SONG), NOT_AUDIO)
    library.reject(SongSpec(song=OTHER_SONG), NOT_AUDIO)
    with pytest.raises(RejectedInput) as refused:
        resolver(library).check(mix_recipe(SONG, OTHER_SONG))
    assert refused.value.problem.slug == "not-audio"
    assert SONG in str(refused.value)
    assert OTHER_SONG in str(refused.value)


def test_models_must_be_there():
    library = Library()
    library.song()
    resolver(library).check(mix_recipe(SONG, model=library.model().key))
    with pytest.raises(NotFound, match="model"):
        resolver(library).check(mix_recipe(SONG, model="e" * 64))


def test_a_pool_known_to_be_too_small_is_refused_at_once():
    library = Library()
    library.song()
    library.cut(chunks=4)
    resolver(library).check(mix_recipe(SONG, chunks=4))
    with pytest.raises(PoolTooSmall) as refused:
        resolver(library).check(mix_recipe(SONG, chunks=5))
    assert (refused.value.wanted, refused.value.available) == (5, 4)


def test_a_pool_of_unknown_size_is_left_to_the_work():
    library = Library()
    library.cut(SONG, chunks=4)
    library.reject(CutSpec(song=OTHER_SONG, cut=CUT), NOT_AUDIO)
    resolver(library, SONG, OTHER_SONG, "c" * 64).check(mix_recipe(SONG, "c" * 64, chunks=5))
    resolver(library, SONG, OTHER_SONG).check(mix_recipe(SONG, OTHER_SONG, chunks=5))


@pytest.mark.parametrize(
    ("start", "fits"),
    [(Start(song=SONG, chunk=3), True), (Start(song=SONG, chunk=4), False), (Start(song=OTHER_SONG), False)],
)
def test_a_start_must_be_in_the_pool(start, fits):
    library = Library()
    library.song()
    library.cut(chunks=4)
    recipe = mix_recipe(SONG)
    recipe = recipe.model_copy(update={"sequencing": recipe.sequencing.model_copy(update={"start": start})})
    if fits:
        resolver(library).check(recipe)
    else:
        with pytest.raises(UnknownStart):
            resolver(library).check(recipe)


def test_what_a_mix_is_asked_for_is_what_its_recipe_holds():
    asked = {
        "duration_s": 60,
        "end": {"song": SONG},
        "without": [OTHER_SONG],
        "method": "sample",
        "seed": 3,
        "limits": {"most_replay": None},
    }
    recipe = resolver(Library()).mix(MixRequest(songs=[SONG, OTHER_SONG], **asked))
    assert recipe.sequencing == Sequencing(
        duration_s=60,
        end=End(song=SONG),
        without=(OTHER_SONG,),
        method="sample",
        seed=3,
        limits=Limits(most_replay=None),
    )
    assert resolver(Library()).mix(MixRequest(songs=[SONG], accept_above=0.9)).sequencing.method == "greedy"
    with pytest.raises(ValidationError, match="either chunks or duration_s"):
        MixRequest(songs=[SONG], chunks=3, duration_s=60)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        (Sequencing(chunks=2, must=(SONG,), without=(SONG,)), "`must` contradicts `without`"),
        (Sequencing(chunks=2, end=End(song="c" * 64)), "`end` contradicts `songs`"),
        (Sequencing(chunks=5, without=(OTHER_SONG,)), "`chunks` contradicts `without`"),
        (Sequencing(duration_s=3600), "`duration_s` contradicts `songs`"),
        (Sequencing(chunks=4, without=(SONG,), most_in_a_row=2), "`most_in_a_row` contradicts `chunks`"),
    ],
)
def test_wishes_known_to_contradict_each_other_are_refused_at_once(wish, named):
    library = Library()
    library.song()
    library.cut(SONG, chunks=4)
    library.cut(OTHER_SONG, chunks=4)
    recipe = mix_recipe(SONG, OTHER_SONG).model_copy(update={"sequencing": wish})
    with pytest.raises(WishesContradict, match=named):
        resolver(library, SONG, OTHER_SONG).check(recipe)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"must": (Passage(song=SONG, from_s=4),)}, "`must` contradicts `songs`.* lasts 4.0 s"),
        ({"without": (Passage(song=SONG, from_s=9),)}, "`without` contradicts `songs`.* lasts 4.0 s"),
        ({"must": (Passage(song="c" * 64, from_s=1),)}, "`must` contradicts `songs`"),
        ({"must": (Passage(song=SONG, section=2),)}, "`must` contradicts `songs`.*2 sections, 0 to 1"),
        ({"without": (Passage(song=SONG, section=2),)}, "`without` contradicts `songs`.*2 sections, 0 to 1"),
        (
            {"must": (Passage(song=SONG, section=1),), "without": (Passage(song=SONG, from_s=1),)},
            "`must` contradicts `without`",
        ),
        (
            {"must": (Passage(song=SONG, from_s=2),), "without": (Passage(song=SONG, section=1),)},
            "`must` contradicts `without`",
        ),
        (
            {"start": Start(song=SONG, chunk=1), "without": (Passage(song=SONG, from_s=1),)},
            "`start` contradicts `without`",
        ),
        ({"chunks": 7, "without": (Passage(song=SONG, section=1),)}, "`chunks` contradicts `without`"),
    ],
)
def test_passages_that_are_known_not_to_be_had_are_refused_at_once(wish, named):
    library = Library()
    for song in (SONG, OTHER_SONG):
        library.song(song)
        library.cut(song, chunks=4)
    analysis = analysis_facts().model_copy(update={"sections_s": [0.0, 2.0]})
    library.commit(AnalysisSpec(song=SONG), analysis)
    recipe = mix_recipe(SONG, OTHER_SONG)
    asked = {"chunks": 3, **wish}
    with pytest.raises(WishesContradict, match=named):
        resolver(library).check(recipe.model_copy(update={"sequencing": Sequencing(**asked)}))
    fine = Sequencing(chunks=3, must=(Passage(song=SONG, section=1),), without=(Passage(song=SONG, to_s=2),))
    resolver(library).check(recipe.model_copy(update={"sequencing": fine}))


def test_sections_of_songs_that_are_not_analysed_yet_are_left_to_the_work():
    library = Library()
    library.song()
    library.cut(chunks=4)
    wish = Sequencing(chunks=3, must=(Passage(song=SONG, section=9),))
    resolver(library).check(mix_recipe(SONG).model_copy(update={"sequencing": wish}))
    library.commit(AnalysisSpec(song=SONG), analysis_facts())
    with pytest.raises(WishesContradict, match="2 sections"):
        resolver(library).check(mix_recipe(SONG).model_copy(update={"sequencing": wish}))


def test_a_request_names_songs_and_passages():
    asked = {"must": [SONG, {"song": SONG, "section": 1}], "without": [{"song": OTHER_SONG, "to_s": 2}]}
    recipe = resolver(Library()).mix(MixRequest(songs=[SONG, OTHER_SONG], **asked))
    assert recipe.sequencing.must == (SONG, Passage(song=SONG, section=1))
    assert recipe.sequencing.without == (Passage(song=OTHER_SONG, to_s=2),)
    with pytest.raises(ValidationError, match="a passage is a section, or a span"):
        MixRequest(songs=[SONG], must=[{"song": SONG}])

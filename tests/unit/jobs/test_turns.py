"""Whose turn it is, as the pure decision that it is."""

from __future__ import annotations

from collections import Counter

from shared.jobs.turns import in_turn


def served_in_turn(tenants: list[str], places: int) -> list[str]:
    """Give one place at a time to whoever is first; return who got each."""
    served: dict[str, float] = {}
    order = []
    for turn in range(1, places + 1):
        first = in_turn(tenants, served)[0]
        served[first] = turn
        order.append(first)
    return order


def test_who_was_never_served_is_first_and_then_who_was_served_longest_ago() -> None:
    assert in_turn(["annas", "bobs", "carols"], {"annas": 7, "carols": 3}) == ["bobs", "carols", "annas"]


def test_places_that_become_free_one_by_one_go_round() -> None:
    assert served_in_turn(["annas", "bobs", "carols"], 7) == [*("annas", "bobs", "carols") * 2, "annas"]


def test_a_tenant_between_many_that_want_nothing_gets_no_more_than_its_share() -> None:
    # Those that want nothing are passed over and never served: they do not lend their turns to a neighbour.
    wanting = ["m", "z"]
    served: dict[str, float] = {}
    got: Counter[str] = Counter()
    for turn in range(1, 101):
        everyone = in_turn([*"abcdefghijkl", *wanting], served)
        first = next(tenant for tenant in everyone if tenant in wanting)
        served[first] = turn
        got[first] += 1
    assert got == {"m": 50, "z": 50}

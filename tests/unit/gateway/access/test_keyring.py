from __future__ import annotations

import base64

from services.gateway.access.keyring import ApiKey, KeyMade, KeyRevoked, Keyring, fits, parse_key
from shared.store import keys


class Writes(dict[str, bytes]):
    """Takes note of what a keyring stores."""

    def create(self, key: str, data: bytes) -> bool:
        return key not in self and self.setdefault(key, data) is data


def test_keys_are_drawn_anew_and_long_enough():
    ring = Keyring(Writes())  # type: ignore[arg-type]
    told = [ring.make("anna")[1] for _ in range(200)]
    secrets = {key.split("_", 2)[2] for key in told}
    assert len(secrets) == len({key.split("_")[1] for key in told}) == 200
    assert {len(base64.urlsafe_b64decode(f"{secret}=")) for secret in secrets} == {32}
    # Of random bytes about half of the bits are set; of a clock or a counter they are not.
    bits = "".join(f"{byte:08b}" for secret in secrets for byte in base64.urlsafe_b64decode(f"{secret}="))
    assert 0.48 < bits.count("1") / len(bits) < 0.52


def test_what_is_stored_tells_the_key_from_others_and_not_what_it_is():
    stored = Writes()
    made, key = Keyring(stored).make("anna", "annas")  # type: ignore[arg-type]
    assert list(stored) == [keys.api_key_record(made.id, "made")]
    assert key.split("_", 2)[2].encode() not in stored[keys.api_key_record(made.id, "made")]
    presented = parse_key(key)
    assert presented is not None
    assert fits(presented, made)
    assert not fits(presented, None)
    assert not fits(presented, ApiKey(made.made, KeyRevoked()))
    other = KeyMade(id=made.id, name="anna", tenant="annas", secret_sha256="0" * 64)
    assert not fits(presented, ApiKey(other))


def test_an_id_that_is_taken_is_not_given_again(monkeypatch):
    stored = Writes({keys.api_key_record("0" * 12, "made"): b"{}"})
    drawn = iter(["0" * 12, "1" * 12])
    monkeypatch.setattr("services.gateway.access.keyring.secrets.token_hex", lambda size: next(drawn))
    assert Keyring(stored).make("anna")[0].id == "1" * 12  # type: ignore[arg-type]
    assert stored[keys.api_key_record("0" * 12, "made")] == b"{}"

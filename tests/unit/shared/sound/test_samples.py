from __future__ import annotations

import numpy as np

from shared.sound.samples import to_float32, to_int16


def test_every_16_bit_value_comes_back() -> None:
    values = np.arange(-32768, 32768, dtype=np.int16)[:, None]
    np.testing.assert_array_equal(to_int16(to_float32(values)), values)
    assert to_int16(values) is values


def test_float_is_rounded_and_clipped_and_what_is_no_number_is_silence() -> None:
    sound = np.array([[0.4, 0.6, -0.6, 32767.4, 99_999.0, -99_999.0, np.nan, np.inf, -np.inf]]) / 32768
    assert to_int16(sound).tolist() == [[0, 1, -1, 32767, 32767, -32768, 0, 32767, -32768]]

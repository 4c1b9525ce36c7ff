"""An LSTM layer for TensorFlow that trains faster than the stock one, with the same weights and results.

The stock layer multiplies each frame with the kernel inside its loop over time, and adds the weights'
gradients up inside the loop backwards. Here what depends on no earlier frame is one product over all frames:
the projection of the inputs before the loop, the gradients of the weights after the loop back.

In mixed precision products are of 16 bits, and so is what is kept of the gates; the cell state and all that
is summed from frame to frame, forwards and backwards, stays in 32, as rounding would add up over hundreds.
"""

from __future__ import annotations

from functools import cache
from typing import Any


def lstm(units: int, *, return_sequences: bool = False, name: str | None = None) -> Any:
    """Return an LSTM layer whose weights have the stock layer's paths, shapes and initial values.

    Args:
        units: of the layer.
        return_sequences: whether it returns all hidden states, shape (batch, frames, units), or the last
            one, shape (batch, units).
        name: of the layer.
    """
    return _layer_type()(units, return_sequences=return_sequences, name=name)


def stock_lstm(units: int, *, return_sequences: bool = False, name: str | None = None) -> Any:
    """Return the stock LSTM layer; in mixed precision ours, since that one sums its cell state in 16 bits.

    Args:
        units: of the layer.
        return_sequences: see `lstm`.
        name: of the layer.
    """
    import keras

    mixed = keras.config.dtype_policy().name.startswith("mixed")
    make = lstm if mixed else keras.layers.LSTM
    return make(units, return_sequences=return_sequences, name=name)


def recur(projected: Any, recurrent: Any, hidden: Any, cell: Any) -> Any:
    """Run the recurrence of an LSTM over frames, from a state on.

    Args:
        projected: tensor, shape (frames, batch, 4 * units): what the inputs and the bias add to the gates,
            in the order input, forget, new cell, output.
        recurrent: tensor, shape (units, 4 * units).
        hidden: tensor, shape (batch, units): the hidden state before the first frame.
        cell: the cell's, of the same shape. What is summed over frames is of its type; all else may be of
            a smaller one.

    Returns:
        The hidden states after each frame, shape (frames, batch, units), and the last cell state, shape
        (batch, units), of the types of `hidden` and `cell`. Gradients flow to all four arguments.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def run(projected: Any, recurrent: Any, hidden: Any, cell: Any) -> Any:
        hiddens, last_cell, cells, gates = _forwards(projected, recurrent, hidden, cell)

        def gradients(by_hiddens: Any, by_last_cell: Any) -> Any:
            cells_before = tf.concat([cell[None], cells[:-1]], 0)
            by_projected, by_hidden, by_cell = _backwards(
                gates, cells, cells_before, recurrent, by_hiddens, by_last_cell
            )
            by_hidden = tf.cast(by_hidden, hidden.dtype)
            hiddens_before = tf.concat([hidden[None], hiddens[:-1]], 0)
            by_recurrent = tf.matmul(_rows(hiddens_before), _rows(by_projected), transpose_a=True)
            return by_projected, by_recurrent, by_hidden, by_cell

        return (hiddens, last_cell), gradients

    return run(projected, recurrent, hidden, cell)


def _forwards(projected: Any, recurrent: Any, hidden: Any, cell: Any, *, keep: bool = True) -> Any:
    """Return all hidden states, the last cell state and, to go back by, all cell states and gates.

    Args:
        projected: see `recur`, as the others.
        recurrent: see there.
        hidden: see there.
        cell: see there.
        keep: whether cell states and gates are kept, which take five times the hidden states' memory.
    """
    import tensorflow as tf

    frames, units = tf.shape(projected)[0], hidden.shape[-1]

    def step(frame: Any, hidden: Any, cell: Any, *kept: Any) -> Any:
        sums = tf.cast(projected[frame] + tf.matmul(hidden, recurrent), cell.dtype)
        enter_keep = tf.sigmoid(sums[:, : 2 * units])
        new = tf.tanh(sums[:, 2 * units : 3 * units])
        leave = tf.sigmoid(sums[:, 3 * units :])
        cell = enter_keep[:, units:] * cell + enter_keep[:, :units] * new
        hidden = tf.cast(leave * tf.tanh(cell), projected.dtype)
        found = [hidden]
        if keep:
            found += [cell, tf.cast(tf.concat([enter_keep, new, leave], 1), projected.dtype)]
        written = (array.write(frame, each) for array, each in zip(kept, found, strict=True))
        return frame + 1, hidden, cell, *written

    dtypes = [projected.dtype, cell.dtype, projected.dtype] if keep else [projected.dtype]
    kept = [tf.TensorArray(dtype, frames) for dtype in dtypes]
    _, _, last, *found = tf.while_loop(lambda frame, *_: frame < frames, step, (0, hidden, cell, *kept))
    hiddens, *others = (each.stack() for each in found)
    return hiddens, last, *others


def _backwards(
    gates: Any, cells: Any, cells_before: Any, recurrent: Any, by_hiddens: Any, by_last_cell: Any
) -> Any:
    """Return the gradients by what the gates receive in each frame, and by the first state's two parts."""
    import tensorflow as tf

    frames, dtype = tf.shape(gates)[0], by_last_cell.dtype
    back = tf.transpose(recurrent)

    def step(frame: Any, by_hidden: Any, by_cell: Any, by_gates: Any) -> Any:
        enter, keep, new, leave = tf.split(tf.cast(gates[frame], dtype), 4, axis=1)
        through = tf.tanh(cells[frame])
        by_hidden += tf.cast(by_hiddens[frame], dtype)
        by_cell += by_hidden * leave * (1 - through * through)
        by_sums = tf.concat(
            [
                by_cell * new * enter * (1 - enter),
                by_cell * cells_before[frame] * keep * (1 - keep),
                by_cell * enter * (1 - new * new),
                by_hidden * through * leave * (1 - leave),
            ],
            1,
        )
        by_sums = tf.cast(by_sums, gates.dtype)
        by_hidden = tf.cast(tf.matmul(by_sums, back), dtype)
        return frame - 1, by_hidden, by_cell * keep, by_gates.write(frame, by_sums)

    kept = tf.TensorArray(gates.dtype, frames)
    start = (frames - 1, tf.zeros_like(by_last_cell), by_last_cell, kept)
    _, by_hidden, by_cell, by_gates = tf.while_loop(lambda frame, *_: frame >= 0, step, start)
    return by_gates.stack(), by_hidden, by_cell


def _rows(frames: Any) -> Any:
    """Lay the rows of all frames under each other: shape (frames * batch, width)."""
    import tensorflow as tf

    return tf.reshape(frames, (-1, frames.shape[-1]))


@cache
def _layer_type() -> type[Any]:
    import keras
    import tensorflow as tf

    class LSTM(keras.layers.LSTM):
        def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
            if mask is not None:
                return super().inner_loop(sequences, initial_state, mask, training)
            frames_first = tf.transpose(sequences, (1, 0, 2))
            weights = self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias
            kernel, recurrent, bias = map(tf.convert_to_tensor, weights)
            projected = tf.nn.bias_add(tf.matmul(_rows(frames_first), kernel), bias)
            shape = tf.concat([tf.shape(frames_first)[:2], [4 * self.units]], 0)
            hidden, cell = initial_state
            cell = tf.cast(cell, tf.float32 if cell.dtype.size < tf.float32.size else cell.dtype)
            given = (tf.reshape(projected, shape), recurrent, hidden, cell)
            hiddens, cell = recur(*given) if training else _forwards(*given, keep=False)
            return hiddens[-1], tf.transpose(hiddens, (1, 0, 2)), [hiddens[-1], cell]

    return LSTM

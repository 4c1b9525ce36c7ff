"""TensorFlow, set up once per process before its first operation."""

from __future__ import annotations

import os


def configure_tensorflow(threads: int) -> None:
    """Bound TensorFlow to so many threads and make its operations repeatable.

    Call it first of all in a process that fits or scores with networks; later calls change nothing, since
    TensorFlow fixes its threads at its first operation.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)  # Else it takes the whole GPU for itself.
    except RuntimeError:  # Already initialised: its threads stay as they are.
        return
    tf.config.experimental.enable_op_determinism()

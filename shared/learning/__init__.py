"""How transitions are judged. The only part of `shared` that may import TensorFlow.

`corpus` is what an approach learns from, `approaches` hold one file per approach behind one interface,
`weights` is how a fitted approach is stored. TensorFlow is imported inside functions only, so that the
gateway can list approaches, presets and settings without it.
"""

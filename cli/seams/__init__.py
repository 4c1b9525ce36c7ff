"""Whether the seams of mixes can be heard: figures of them, and detectors that try to find them."""

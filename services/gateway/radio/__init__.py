"""Radios on air: blocks are asked for ahead, relayed in real time, and shared by all who listen."""

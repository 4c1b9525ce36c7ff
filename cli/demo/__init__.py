"""Five songs of house and lounge that a program plays: something to mix on a machine without music.

songs (data) -> arrangement (notes) -> instruments, effects, mixing (sound) -> writing (files)

| title         | style          | tempo   | key      |
| ------------- | -------------- | ------- | -------- |
| Night Ferry   | deep house     | 122 bpm | A minor  |
| Café Meridian | lounge         | 96 bpm  | F major  |
| Terminal Six  | tech house     | 126 bpm | D minor  |
| Rain on Glass | nu-jazz lounge | 104 bpm | Bb major |
| First Light   | sunrise house  | 118 bpm | E minor  |
"""

from cli.demo.songs import SONGS, Song
from cli.demo.writing import render, write_demo_songs

__all__ = ["SONGS", "Song", "render", "write_demo_songs"]

"""Where ffmpeg is, and how it is told to read a file that nobody trusts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from shared.errors import ToolMissing

TRUSTED_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,dsf,eac3,flac,iff,matroska,mov,mp3,mpc,mpc8,ogg,tak,tta,w64,wav,wv"
)
"""Containers that hold sound and name no other file: no playlists, no scripts, no image sequences."""

TRUSTED_CODECS = (
    "aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,ape,dsd_lsbf,dsd_lsbf_planar,dsd_msbf,"
    "dsd_msbf_planar,dst,eac3,flac,libopus,libspeex,libvorbis,mp1,mp1float,mp2,mp2float,mp3,mp3float,mpc7,mpc8,"
    "opus,pcm_alaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,"
    "pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,speex,tak,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2"
)
"""Decoders of sound: a picture or a video track in the file reaches none."""


def ffmpeg_path() -> Path:
    """Find ffmpeg: the one that `SEGUE_FFMPEG` names, else the system's, else the one of the wheel.

    Raises:
        ToolMissing: there is none, or `SEGUE_FFMPEG` names nothing that can be run.
    """
    if named := os.environ.get("SEGUE_FFMPEG"):
        if found := shutil.which(named):
            return Path(found)
        raise ToolMissing("The ffmpeg that SEGUE_FFMPEG names", "Correct the variable, or unset it.")
    if found := shutil.which("ffmpeg"):
        return Path(found)
    return _ffmpeg_of_wheel()


def _ffmpeg_of_wheel() -> Path:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return Path(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise ToolMissing("ffmpeg", "Install it, or `pip install imageio-ffmpeg`.") from None


def decode_command(source: Path, *, max_s: float, channels: int | None = None) -> list[str]:
    """Return the command that decodes the first sound track of `source` to float32 WAV on standard output.

    Nothing but this one file is opened and nothing but sound is decoded, whatever the file says of
    itself; what ffmpeg finds in it is told on standard error.

    Args:
        source: a file whose name is ours; a name cannot be an option or a protocol.
        max_s: decoding stops after this many seconds of sound.
        channels: mix to this many channels; None: as many as there are.
    """
    trust = [
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        TRUSTED_FORMATS,
        "-codec_whitelist",
        TRUSTED_CODECS,
    ]
    mixing = [] if channels is None else ["-ac", str(channels)]
    return [
        *(str(ffmpeg_path()), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-threads", "1"),
        *(*trust, "-i", f"file:{source}", "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"),
        *(*mixing, "-t", f"{max_s:.3f}", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"),
    ]

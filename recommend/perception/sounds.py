"""An audio preview in numbers: how strong each height of tone is, how much it varies, and how it moves."""

from __future__ import annotations

import io
import wave

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array

VERSION = "audio-1"
"""Another one whenever the numbers mean something else."""
SECONDS = 60
"""How much of the beginning is listened to."""
RATE = 16_000
RATES = range(4_000, 192_001)
MOST_CHANNELS = 8
FRAME, HOP, BANDS = 1024, 512, 40
LOWEST_HZ, HIGHEST_HZ = 50.0, 7_600.0
SIZE = 3 * BANDS + 2
SAMPLES: dict[int, np.dtype[np.integer]] = {1: np.dtype("u1"), 2: np.dtype("<i2"), 4: np.dtype("<i4")}
"""How samples of so many bytes are written."""
SILENT = 1e-8
"""Power under which nothing is heard."""


class NoSound(ValueError):
    """The bytes are no sound that can be read; the message says so to people."""


def sound_features(data: bytes) -> Float32Array:
    """Numbers that describe the first minute of a sound, float32 (SIZE,).

    Of each of 40 mel bands the mean of its logarithmic power, how much that varies, and how much it changes from frame
    to frame; how loud it is; and how much of it is silence. WAV is read by the standard library, FLAC, Ogg and MP3
    where `soundfile` and its library are there. Raises `NoSound`.
    """
    samples = _at_rate(*_decoded(data))
    if len(samples) < FRAME:
        raise NoSound("The sound is shorter than a tenth of a second.")
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP] * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2 / FRAME
    bands = np.log(power @ _mel_filters().T + SILENT)
    loudness = np.log((frames**2).mean(axis=1) + SILENT)
    moves = np.abs(np.diff(bands, axis=0)).mean(axis=0) if len(bands) > 1 else np.zeros(BANDS)
    quiet = float((loudness < loudness.max() - 6).mean())
    return np.concatenate([bands.mean(axis=0), bands.std(axis=0), moves, [loudness.mean(), quiet]]).astype(np.float32)


def _decoded(data: bytes) -> tuple[Float64Array, int]:
    """Samples of all channels mixed, between -1 and 1, and how many there are in a second. Raises `NoSound`."""
    try:
        return _from_wave(data)
    except (wave.Error, EOFError, ValueError):
        pass  # no plain WAV: perhaps another format
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise NoSound("Only WAV is read here; for other formats install `soundfile` and libsndfile.") from error
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            _check(file.samplerate, file.channels)
            samples = file.read(frames=SECONDS * file.samplerate, dtype="float64", always_2d=True)
            return samples.mean(axis=1), file.samplerate
    except NoSound:
        raise
    except Exception as error:
        raise NoSound(f"This is no sound that can be read ({type(error).__name__}).") from error


def _from_wave(data: bytes) -> tuple[Float64Array, int]:
    """The same of uncompressed WAV of 8, 16 or 32 bits. Raises `ValueError` for others, and what `wave` raises."""
    with wave.open(io.BytesIO(data)) as file:
        rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
        _check(rate, channels)
        raw = file.readframes(SECONDS * rate)
    if width not in SAMPLES:
        raise ValueError(width)
    whole = len(raw) // (width * channels) * width * channels
    samples = np.frombuffer(raw[:whole], SAMPLES[width]).astype(np.float64)
    samples = (samples - 128) / 128 if width == 1 else samples / float(1 << (8 * width - 1))
    return samples.reshape(-1, channels).mean(axis=1), rate


def _check(rate: int, channels: int) -> None:
    if rate not in RATES or not 1 <= channels <= MOST_CHANNELS:
        raise NoSound(f"A sound of {rate} samples a second in {channels} channels is not listened to.")


def _at_rate(samples: Float64Array, rate: int) -> Float64Array:
    if rate == RATE or not len(samples):
        return samples
    from scipy.signal import resample_poly

    common = int(np.gcd(rate, RATE))
    return resample_poly(samples, RATE // common, rate // common)


def _mel_filters() -> Float64Array:
    """How much each frequency counts in each band, (BANDS, FRAME // 2 + 1): triangles of equal width in mel."""
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (LOWEST_HZ, HIGHEST_HZ))
    corners = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(FRAME, 1 / RATE)
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (frequencies - left) / (middle - left), (right - frequencies) / (right - middle)
    return np.maximum(0, np.minimum(rising, falling))

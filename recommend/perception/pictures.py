"""A cover in numbers: its colours, where it is light and dark, and which way its edges run."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.interactions import Float32Array

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = "cover-1"
"""Another one whenever the numbers mean something else."""
MOST_PIXELS = 25_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SIDE = 128
HUES, SATURATIONS, VALUES = 8, 3, 3
LIGHT_CELLS, EDGE_CELLS, DIRECTIONS = 8, 4, 8
FAINT = 0.02
"""Steps of light from pixel to pixel that are no edges, but traces of how the file was made."""
LEAST = 0.4
"""A part of less than this length is left as weak as it is: a plain cover has neither light and dark nor edges."""
SIZE = HUES * SATURATIONS * VALUES + LIGHT_CELLS**2 + EDGE_CELLS**2 * DIRECTIONS


class NoPicture(ValueError):
    """The bytes are no picture that can be read, or one of too many pixels; the message says so to people."""


def picture_features(data: bytes) -> Float32Array:
    """Numbers that describe a picture, float32 (SIZE,), each of its three parts of about length 1.

    The shares of colours (hue, saturation and value in classes), the light of an 8 x 8 grid, and the strength of edges
    by direction in a 4 x 4 grid (as in histograms of oriented gradients: Dalal and Triggs, CVPR 2005). The picture is
    drawn into a square first. Raises `NoPicture`.
    """
    picture = _square(data)
    colours = np.asarray(picture.convert("HSV"), dtype=np.int64)
    light = np.asarray(picture.convert("L"), dtype=np.float64) / 255
    parts = (np.sqrt(_shares_of_colours(colours)), _length_one(_grid(light - light.mean())), _length_one(_edges(light)))
    return np.concatenate(parts).astype(np.float32)


def _square(data: bytes) -> Image:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture(f"The picture has more than {MOST_PIXELS:,} pixels.")
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))
            if picture.has_transparency_data:
                whole = picture.convert("RGBA")
                paper = Image.new("RGBA", whole.size, "white")
                picture = Image.alpha_composite(paper, whole)
            return picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    except NoPicture:
        raise
    except Exception as error:
        raise NoPicture(f"This is no picture that can be read ({type(error).__name__}).") from error


def _shares_of_colours(colours: np.ndarray) -> np.ndarray:
    """The share of pixels of each class, (HUES * SATURATIONS * VALUES,); red is in the middle of its class."""
    colours = (colours + np.array([128 // HUES, 0, 0])) % 256
    hue, saturation, value = (
        colours[..., channel] * count // 256 for channel, count in enumerate((HUES, SATURATIONS, VALUES))
    )
    classes = (hue * SATURATIONS + saturation) * VALUES + value
    return np.bincount(classes.ravel(), minlength=HUES * SATURATIONS * VALUES) / classes.size


def _grid(light: np.ndarray) -> np.ndarray:
    cell = SIDE // LIGHT_CELLS
    return light.reshape(LIGHT_CELLS, cell, LIGHT_CELLS, cell).mean(axis=(1, 3)).ravel()


def _edges(light: np.ndarray) -> np.ndarray:
    down, across = np.gradient(light)
    strength = np.hypot(down, across)
    strength[strength < FAINT] = 0
    direction = (np.arctan2(down, across) % np.pi / np.pi * DIRECTIONS).astype(np.int64) % DIRECTIONS
    cell = np.arange(SIDE) * EDGE_CELLS // SIDE
    place = (cell[:, None] * EDGE_CELLS + cell[None, :]) * DIRECTIONS + direction
    return np.sqrt(np.bincount(place.ravel(), strength.ravel(), minlength=EDGE_CELLS**2 * DIRECTIONS))


def _length_one(values: np.ndarray) -> np.ndarray:
    return values / max(float(np.linalg.norm(values)), LEAST)

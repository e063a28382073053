"""The product's settings; the only difference is one more address, which does nothing."""

from crossmarket.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"

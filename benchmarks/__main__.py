"""`make bench`: all measurements one after the other."""

from benchmarks import ingestion, learning, races, recommendations, redemptions
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system


def main(options: Options) -> None:
    """Measure ingestion, recommendations, coupons and races for them, and learning where real data is given."""
    with scratch_system():
        ingestion.measure(options)
        recommendations.measure(options)
        redemptions.measure(options)
        races.measure(options)
    if options.data is not None:
        learning.measure(options)


if __name__ == "__main__":
    main(read(__doc__))

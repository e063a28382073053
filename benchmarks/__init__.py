"""Measurements against what the machine itself can do, repeatable by anybody: `make bench`, or one by one:

    python -m benchmarks.ingestion          events stored a second, against PostgreSQL's COPY of the same rows
    python -m benchmarks.recommendations    answers a second, against a view that does nothing
    python -m benchmarks.learning --data D  training time and quality, against the bare matrix inversion

Each works in a data folder of its own, which is gone afterwards. What is compared is measured in turns, and medians
are told. `--quick` shows in seconds that everything runs; its figures say nothing.
"""

"""Measurements against what the machine itself can do, repeatable by anybody: `make bench`, or one by one:

    python -m benchmarks.ingestion          events stored a second, against PostgreSQL's COPY of the same rows
    python -m benchmarks.recommendations    answers a second, against a view that does nothing
    python -m benchmarks.learning --data D  training time and quality, against the bare matrix inversion
    python -m benchmarks.unmet_courses      whether courses that nobody met find the people who met them in truth
    python -m benchmarks.default_training   training time of the default (--data D), against the implicit library's ALS
    python -m benchmarks.tastes             how well clusters find the tastes that are planted in the demo's people
    python -m benchmarks.planted            how much of what is planted in the demo's people is found in profiles
    python -m benchmarks.second_stage       what the ranker brings where it is planted whom what suits
    python -m benchmarks.growth             all profiles built for 10^4 to 10^6 persons, against one SQL aggregate
    python -m benchmarks.cleaning           cleaning events, against one plain aggregate over the same table
    python -m benchmarks.live_segments      how soon an event changes who belongs to fifty segments
    python -m benchmarks.segment_page       how long a segment of a million persons takes to open

and of a running system that real data was imported into:

    python -m benchmarks.held_back          how often it recommends what learners really did next
    python -m benchmarks.linked_people      how much one platform's history changes another platform's lists

and of the mathematics of experiments on a real one, with nothing running:

    python -m benchmarks.experiments --data D   effects and false alarms when results are looked at after every person

Those of the first list that need a system work in a data folder of their own, which is gone afterwards. What is
compared is measured in turns, and medians are told. `--quick` shows in seconds that everything runs; its figures say
nothing.
"""

"""What a knowledge graph beside the interactions tells of courses: the field each belongs to.

`kg_final.txt`, each line `head relation tail`, all numbers without names (MOOCCubeX). Relation 0 leads from a course to
its field; the others (schools, teachers, concepts) say nothing to a reader as long as they have no names.
"""

from __future__ import annotations

from pathlib import Path

from recommend.datasets.files import existing, numbered_lines
from recommend.datasets.lines import head_relation_tail
from recommend.datasets.records import BrokenLine, OnBroken, OnProgress

GRAPH = "kg_final.txt"
TO_FIELD = 0


def fields_of_items(directory: Path, on_broken: OnBroken, on_progress: OnProgress) -> dict[int, int]:
    """The field of each item that has one (of several the first); empty where the folder has no such graph.

    A line that cannot be understood is skipped and told to `on_broken`. Raises `DatasetError` for a damaged file.
    """
    path = existing(directory, GRAPH)
    fields: dict[int, int] = {}
    if path is None:
        return fields
    for number, line in numbered_lines(path, on_progress):
        try:
            head, relation, tail = head_relation_tail(line)
        except ValueError as error:
            on_broken(BrokenLine(path.name, number, str(error)))
        else:
            if relation == TO_FIELD:
                fields.setdefault(head, tail)
    return fields

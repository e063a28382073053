"""A platform's declared mapping: its own event and item shapes, told in a small JSON document, made into ours.

Nothing here knows Django. `document` reads a declaration, `expressions` evaluates JMESPath within bounds, `units`,
`times` and `kinds` convert single values, and `mapper` puts them together.
"""

from profiles.ingest.mapping.document import Document, EventMapping, ItemMapping, MappingError, read_document
from profiles.ingest.mapping.faults import Fault, Unmappable
from profiles.ingest.mapping.mapper import Mapper, Subject, mapper_for
from profiles.ingest.mapping.shipped import EXAMPLES, OWN_NAMES, OWN_NAMES_WITHOUT_ID, Example

__all__ = [
    "EXAMPLES",
    "OWN_NAMES",
    "OWN_NAMES_WITHOUT_ID",
    "Document",
    "EventMapping",
    "Example",
    "Fault",
    "ItemMapping",
    "Mapper",
    "MappingError",
    "Subject",
    "Unmappable",
    "mapper_for",
    "read_document",
]

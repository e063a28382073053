"""Who visits: one of the demo's persons with an account here, or nobody in particular."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossmarket.demo.notes import Persona

VISITOR = "visitor"


@dataclass(frozen=True)
class Visitor:
    """A visitor of one site; `user_id` is the account here, "" for someone who is not signed in."""

    role: str
    name: str
    user_id: str


def possible_visitors(personas: Sequence[Persona], slug: str, nobody: str) -> list[Visitor]:
    """Whom the site can be visited as; `nobody` is what the anonymous one is called."""
    known = [
        Visitor(persona.role, persona.name, persona.external_ids[slug])
        for persona in personas
        if slug in persona.external_ids
    ]
    return [*known, Visitor(VISITOR, nobody, "")]


def chosen(visitors: Sequence[Visitor], role: str) -> Visitor:
    """The one with this role, else the first."""
    return next((visitor for visitor in visitors if visitor.role == role), visitors[0])

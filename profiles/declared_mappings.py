"""The mappings that platforms declared, ready to be used."""

from accounts.models import Platform
from profiles.ingest.mapping import Mapper, MappingError, Subject, mapper_for
from profiles.models import PlatformMapping


class NoMapping(Exception):
    """The platform declared no mapping for this, or none that can be read; the message says what to do."""


def declared_mapper(platform: Platform, subject: Subject) -> Mapper:
    """The mapper for a platform's own events or items, as declared at this moment. Raises `NoMapping`."""
    text = PlatformMapping.objects.filter(platform=platform).values_list("document", flat=True).first()
    if text is None:
        raise NoMapping(f"{platform} has not declared a mapping. An operator does it in the admin, under Mappings.")
    try:
        return mapper_for(text, subject, platform.timezone)
    except MappingError as error:
        raise NoMapping(f"The mapping of {platform} does not serve here: {error}") from None

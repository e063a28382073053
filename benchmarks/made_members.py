"""Many members and what they did, made by PostgreSQL itself in a few statements: for sizes that no generator in Python
could bring in. What they do follows simple habits, the same at every size.

Of ten persons three have a second account on another platform and joined both. A few do much and most do little; each
learns around an hour of their own, mostly about one of 20 subjects; events stand in the table in the order of time, as
they come in, so that a person's events lie far apart.
"""

from dataclasses import dataclass

PLATFORMS = 3
COURSES = 5_000
SUBJECTS = 20
DAYS = 120
SECOND_ACCOUNTS = 0.3

TABLES = (
    "profiles_event, profiles_course, accounts_linkedaccount, accounts_person, profiles_profile, profiles_profilemodel"
)

PERSONS = """
INSERT INTO accounts_person (id, created_at)
SELECT md5('person ' || n)::uuid, now() FROM generate_series(1, %(persons)s) n
"""
ACCOUNTS = """
INSERT INTO accounts_linkedaccount (id, platform_id, external_id, person_id, traits, email_digest, phone_digest,
    cross_platform, created_at)
SELECT n, (%(platforms)s::bigint[])[1 + (n + (n > %(persons)s)::int) %% 3], 'member-' || n,
    md5('person ' || CASE WHEN n > %(persons)s THEN n - %(persons)s ELSE n END)::uuid, '{}', '', '', true, now()
FROM generate_series(1, %(accounts)s) n
"""
COURSES_OF = """
INSERT INTO profiles_course (id, platform_id, item_id, title, kind, category, tags, tags_text, price, currency, url,
    cover_url, teacher, difficulty, language, text, published_at, available, created_at, updated_at)
SELECT n, (%(platforms)s::bigint[])[1 + n %% 3], 'item-' || n, 'subject' || n %% 20 || ' course' || n,
    (ARRAY['course', 'audio', 'article', 'video', 'live'])[1 + n %% 5], 'category ' || n %% 20 / 2,
    ARRAY['subject' || n %% 20], 'subject' || n %% 20, (ARRAY[0, 0, 990, 2900, 4900, 9900, 19900, 49900])[1 + n %% 8],
    'CNY', '', '', 'teacher ' || n %% 400, '', 'en', words.text, now() - interval '1 year', true, now(), now()
FROM generate_series(1, %(courses)s) n, LATERAL (
    SELECT string_agg('word' || n %% 20 || 'x' || (k * 7 + n) %% 60, ' ') AS text FROM generate_series(1, 30) k) words
"""
EVENTS = """
INSERT INTO profiles_event (platform_id, account_id, course_id, message_id, type, value, "timestamp", received_at)
SELECT account.platform_id, account.id, did.course, 'made-' || did.n, did.type,
    CASE did.type WHEN 'purchase' THEN (ARRAY[0, 0, 990, 2900, 4900, 9900, 19900, 49900])[1 + did.course %% 8]
        WHEN 'rating' THEN 1 + did.n %% 5 WHEN 'complete' THEN (did.n %% 11) / 10.0 END,
    did.moment, did.moment
FROM (
    SELECT n, who, moment, (CASE WHEN chance < 0.55 THEN 'view' WHEN chance < 0.77 THEN 'click'
        WHEN chance < 0.82 THEN 'like' WHEN chance < 0.85 THEN 'search' WHEN chance < 0.92 THEN 'complete'
        WHEN chance < 0.95 THEN 'rating' WHEN chance < 0.97 THEN 'purchase' ELSE 'impression' END) AS type,
        1 + (CASE WHEN taste < 0.7 THEN who %% 20 ELSE floor(random() * 20) END
             + 20 * floor(power(random(), 2) * %(courses)s / 20))::bigint AS course
    FROM (
        SELECT n, random() AS chance, random() AS taste, 1 + floor(power(random(), 1.5) * %(accounts)s)::bigint AS who,
            date_trunc('day', now()) - interval '1 day' * (%(days)s - n * %(days)s / %(events)s)
        AS day FROM generate_series(%(first)s, %(last)s) n
    ) drawn, LATERAL (
        SELECT day + interval '1 hour' * ((who * 7 %% 24) + 3 * (random() + random() - 1)) AS moment) timed
) did JOIN accounts_linkedaccount account ON account.id = did.who
"""
EVENTS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Size:
    """How many persons there are, how many events all of them together have, and how many courses there are."""

    persons: int
    events: int
    courses: int = COURSES

    @property
    def accounts(self) -> int:
        """How many accounts these persons have."""
        return int(self.persons * (1 + SECOND_ACCOUNTS))


def fill(size: Size) -> None:
    """Empty the tables of members and fill them with so many.

    Foreign keys are not looked at while rows come in, which are right by the way they are made.
    """
    from django.db import connection

    known = {
        "persons": size.persons,
        "accounts": size.accounts,
        "events": size.events,
        "courses": size.courses,
        "days": DAYS,
        "platforms": _platforms(),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SELECT setseed(0.5)")
        for statement in (PERSONS, ACCOUNTS, COURSES_OF):
            cursor.execute(statement, known)
        for first in range(0, size.events, EVENTS_AT_ONCE):
            last = min(first + EVENTS_AT_ONCE, size.events) - 1
            cursor.execute(EVENTS, {**known, "first": first, "last": last})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def _platforms() -> list[int]:
    from accounts.models import Platform
    from accounts.services.platforms import create_platform

    slugs = [f"made-{number}" for number in range(PLATFORMS)]
    known = dict(Platform.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    return [known[slug] if slug in known else create_platform(slug).platform.pk for slug in slugs]

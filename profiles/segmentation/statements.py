"""The statements that change memberships."""

HOLD = """
SELECT id FROM accounts_linkedaccount
WHERE person_id IN (SELECT person_id FROM accounts_linkedaccount WHERE id = ANY(%s::bigint[]))
ORDER BY id FOR KEY SHARE SKIP LOCKED
"""
"""So that no account disappears while a membership of it is written. Only one that is being erased is passed over, and
nothing waits."""

LOOK_AT = """
WITH scope (account_id, lead, accounts) AS MATERIALIZED (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[])
), belongs (segment_id, lead) AS MATERIALIZED (
"""
"""Before who shall belong: who is looked at."""

CHANGE = """
), wanted AS MATERIALIZED (
    SELECT b.segment_id, s.account_id, s.account_id = s.lead AS leads, s.accounts
    FROM belongs b JOIN scope s ON s.lead = b.lead
), present AS MATERIALIZED (
    SELECT m.ctid AS place, m.segment_id, m.account_id, m.leads, m.accounts FROM profiles_segmentmember m
    WHERE m.account_id = ANY(%s::bigint[]) AND m.segment_id = ANY(%s::bigint[])
), gone AS (
    DELETE FROM profiles_segmentmember m WHERE m.ctid = ANY(ARRAY(
        SELECT p.place FROM present p
        LEFT JOIN wanted w ON w.segment_id = p.segment_id AND w.account_id = p.account_id
        WHERE w.account_id IS NULL
    ))
    RETURNING m.segment_id, m.account_id, m.leads
), kept AS (
    UPDATE profiles_segmentmember m SET leads = s.account_id = s.lead, accounts = s.accounts
    FROM scope s
    WHERE s.account_id = m.account_id AND m.ctid = ANY(ARRAY(
        SELECT p.place FROM present p
        JOIN wanted w ON w.segment_id = p.segment_id AND w.account_id = p.account_id
        WHERE (p.leads, p.accounts) IS DISTINCT FROM (w.leads, w.accounts)
    ))
    RETURNING m.segment_id, m.account_id, m.leads
), new AS (
    INSERT INTO profiles_segmentmember (segment_id, account_id, leads, accounts, entered_at)
    SELECT w.segment_id, w.account_id, w.leads, w.accounts, %s FROM wanted w
    LEFT JOIN present p ON p.segment_id = w.segment_id AND p.account_id = w.account_id
    WHERE p.account_id IS NULL
    RETURNING segment_id, account_id, leads
)
SELECT segment_id, account_id, TRUE, FALSE, leads, FALSE FROM gone
UNION ALL SELECT k.segment_id, k.account_id, TRUE, TRUE, p.leads, k.leads FROM kept k
    JOIN present p ON p.segment_id = k.segment_id AND p.account_id = k.account_id WHERE p.leads <> k.leads
UNION ALL SELECT segment_id, account_id, FALSE, TRUE, FALSE, leads FROM new
ORDER BY 1, 2
"""
"""After it: everything that differs is changed. Rows of `Move`.

Rows are found by their place, which under the lock stays theirs: by their keys the planner would read all members."""

OWN = """
NOT EXISTS (
    SELECT FROM profiles_profile f CROSS JOIN unnest(f.account_ids) AS behind (account_id)
    LEFT JOIN scope other ON other.account_id = behind.account_id AND other.lead = s.lead
    WHERE f.account_id = s.lead AND other.account_id IS NULL
)
"""
"""The profile of `s` tells of no account that belongs to that person no more."""

KEPT = f"""
SELECT m.segment_id, s.lead FROM scope s
JOIN profiles_segmentmember m
    ON m.account_id = s.lead AND m.segment_id = ANY(%s::bigint[]) AND m.accounts <= s.accounts
WHERE s.account_id = s.lead AND {OWN}
"""  # noqa: S608 our own constants
"""Clusters are found for all at once only. Until then persons stay where their first account is, unless it came there
by accounts that belong to them no more."""

GIVEN = f"""
SELECT %s::bigint, s.lead FROM scope s WHERE s.account_id = s.lead AND s.lead = ANY(%s::bigint[]) AND {OWN}
"""  # noqa: S608 our own constants

DIFFERENT = """
wanted AS (
    SELECT e.account_id, e.account_id = e.lead AS leads, e.accounts FROM belongs b JOIN everyone e ON e.lead = b.lead
), present AS (
    SELECT account_id, leads, accounts FROM profiles_segmentmember WHERE segment_id = %s
)
SELECT account_id FROM wanted w FULL JOIN present p USING (account_id)
WHERE (w.leads, w.accounts) IS DISTINCT FROM (p.leads, p.accounts)
ORDER BY account_id
"""

DISSOLVE = """
DELETE FROM profiles_segmentmember WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM profiles_segmentmember WHERE segment_id = %s ORDER BY account_id LIMIT %s
))
RETURNING segment_id, account_id, TRUE, FALSE, leads, FALSE
"""

FORGET = """
DELETE FROM profiles_segmentmember WHERE account_id = ANY(%s::bigint[])
RETURNING segment_id, account_id, TRUE, FALSE, leads, FALSE
"""

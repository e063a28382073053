"""What was decided about pairs of accounts: who stays apart, and who was joined."""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone

from accounts.models import LinkedAccount, Match, MatchState, User

Group = Sequence[LinkedAccount]


def are_apart(first: Group, second: Group) -> bool:
    """Whether somebody decided that an account of one group does not belong with one of the other."""
    one, other = [account.pk for account in first], [account.pk for account in second]
    between = Q(first__in=one, second__in=other) | Q(first__in=other, second__in=one)
    return Match.objects.apart().filter(between).exists()


def keep_apart(first: Group, second: Group, user: User | None = None) -> None:
    """Write down that these were separated, so that nothing but a person's or an operator's word joins them again."""
    _decide(((one.pk, other.pk) for one in first for other in second), MatchState.APART, user)


def note_joined(members: Group, user: User | None = None) -> None:
    """Write down that these are one person now: what was said of any two of them is settled."""
    keys = [member.pk for member in members]
    standing = Match.objects.filter(first__in=keys, second__in=keys).exclude(state=MatchState.CONFIRMED)
    standing.update(state=MatchState.CONFIRMED, is_conflict=False, decided_at=timezone.now(), decided_by=user)


def _decide(pairs: Iterable[tuple[int, int]], state: MatchState, user: User | None) -> None:
    now = timezone.now()
    Match.objects.bulk_create(
        [
            Match(first_id=min(pair), second_id=max(pair), state=state, found_at=now, decided_at=now, decided_by=user)
            for pair in pairs
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["state", "decided_at", "decided_by"],
    )

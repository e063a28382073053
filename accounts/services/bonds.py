"""The tree of joinings that holds a person together: which accounts are on which side of each."""

from collections.abc import Sequence

from django.db.models import Q

from accounts.models import Bond, LinkedAccount, RegroupedAccount


def take_out(account_id: int) -> None:
    """Take an account out of the tree of its person; what it held together is held together without it.

    The oldest of its bonds ends, and the account at its other end takes the account's place in the others: it was
    on the same side of each of them.
    """
    own = list(Bond.objects.filter(Q(first=account_id) | Q(second=account_id)).order_by("pk"))
    if not own:
        return
    oldest = own[0]
    heir = oldest.second_id if oldest.first_id == account_id else oldest.first_id
    oldest.delete()
    Bond.objects.filter(first=account_id).update(first=heir)
    Bond.objects.filter(second=account_id).update(second=heir)


def sides(bond: Bond, members: Sequence[LinkedAccount]) -> tuple[list[LinkedAccount], list[LinkedAccount]] | None:
    """The accounts of a person on either side of a bond; None where that is not known of all of them.

    Accounts that no other bond leads to, such as those that were one person from the start, are on the side where
    they were when the bond came about.
    """
    reached = _reached(bond, {member.pk for member in members})
    placed = dict(
        RegroupedAccount.objects.filter(regrouping=bond.joining_id).values_list("account_id", "person_before")
    )
    on_first: dict[int, bool] = {}
    for part in reached:
        if bond.first_id in part or bond.second_id in part:
            is_first = bond.first_id in part
        else:
            told = [placed[pk] == bond.first_side for pk in part if pk in placed]
            if not told:
                return None
            is_first = told[0]
        on_first.update(dict.fromkeys(part, is_first))
    first = [member for member in members if on_first[member.pk]]
    return first, [member for member in members if not on_first[member.pk]]


def _reached(bond: Bond, account_ids: set[int]) -> list[set[int]]:
    """The parts into which a person falls without this bond."""
    parts: dict[int, set[int]] = {pk: {pk} for pk in account_ids}
    lines = Bond.objects.filter(first__in=account_ids).exclude(pk=bond.pk).values_list("first_id", "second_id")
    for one, other in lines:
        if one in parts and other in parts and parts[one] is not parts[other]:
            parts[one] |= parts[other]
            parts.update(dict.fromkeys(parts[other], parts[one]))
    return list({id(part): part for part in parts.values()}.values())

"""Pages about oneself: one's platforms, what their data may be used for, one's name."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from accounts.forms import EnterCodeForm, NameForm
from accounts.models import ConsentSource, LinkedAccount, Match, Purpose, RegroupingCause
from accounts.my_platforms import LINK_REFUSALS, MATCH_REFUSALS, POLICY_VERSION, accounts_of, consent_of, matches_of
from accounts.services import house_contacts, linking, suggestions
from accounts.services.accounts import house_account
from accounts.services.consents import consent_history, state_consents
from accounts.services.names import rename
from accounts.services.regrouping import Origin
from accounts.signed_in import LearnerRequest, signed_in


@signed_in
@never_cache
@require_safe
def platforms(request: LearnerRequest) -> HttpResponse:
    """All accounts of the person who is signed in, those that may be theirs too, and two ways to connect another."""
    return _platforms(request, house_contacts.refresh(request.user))


@signed_in
@require_POST
def make_code(request: LearnerRequest) -> HttpResponse:
    """A code to carry to another platform."""
    account = house_account(request.user)
    new_code = linking.create_link_code(account)
    if request.htmx:
        return render(request, "accounts/make_code.html", {"new_code": new_code})
    return _platforms(request, account, new_code=new_code)


@signed_in
@require_POST
def enter_code(request: LearnerRequest) -> HttpResponse:
    """Connect with the account that a code was made for."""
    account = house_account(request.user)
    form = EnterCodeForm(request.POST)
    if form.is_valid():
        try:
            other = linking.link(account, form.cleaned_data["code"], True, request.user)
        except linking.LinkRefused as refusal:
            form.add_error("code", str(LINK_REFUSALS.get(refusal.code, refusal.detail)))
        else:
            return _connected(request, other)
    form.fields[next(iter(form.errors))].widget.attrs["autofocus"] = True
    return _platforms(request, account, form=form, status=422)


@signed_in
@require_POST
def leave(request: LearnerRequest, pk: int) -> HttpResponse:
    """Take one of the own accounts out of the shared person."""
    account = _own_account(request, pk)
    linking.leave(account, Origin(RegroupingCause.PERSON, request.user))
    gone = gettext("%(platform)s is disconnected; what you did there counts there only.")
    messages.success(request, gone % {"platform": account.platform.name})
    return redirect("accounts:platforms")


@signed_in
@require_POST
def confirm_match(request: LearnerRequest, pk: int) -> HttpResponse:
    """Say that an account elsewhere is one's own: connect with it."""
    match, own, other = _own_match(request, pk)
    try:
        suggestions.confirm_by_person(match, own, request.user)
    except suggestions.MatchRefused as refusal:
        messages.error(request, str(MATCH_REFUSALS.get(refusal.code, refusal.detail)))
        return redirect("accounts:platforms")
    return _connected(request, other)


@signed_in
@require_POST
def reject_match(request: LearnerRequest, pk: int) -> HttpResponse:
    """Say that an account elsewhere is not one's own; nobody is asked about it again."""
    match, _own, other = _own_match(request, pk)
    try:
        suggestions.reject(match, request.user)
    except suggestions.MatchRefused as refusal:
        messages.error(request, str(MATCH_REFUSALS.get(refusal.code, refusal.detail)))
    else:
        apart = gettext("The account on %(platform)s stays apart; you are not asked about it again.")
        messages.success(request, apart % {"platform": other.platform.name})
    return redirect("accounts:platforms")


@signed_in
@require_POST
def consent(request: LearnerRequest, pk: int, purpose: str) -> HttpResponse:
    """Decide what the data of one of the own accounts may be used for; it counts at once."""
    account = _own_account(request, pk)
    if purpose not in Purpose.values:
        raise Http404
    decided = {Purpose(purpose): "granted" in request.POST}
    account = state_consents(account, decided, POLICY_VERSION, ConsentSource.PERSON)
    if not request.htmx:
        return redirect("accounts:platforms")
    shown = {"account": account, "consent": consent_of(account, Purpose(purpose)), "saved": True}
    return trigger_client_event(render(request, "accounts/consent.html", shown), "consent-changed")


@signed_in
@never_cache
@require_safe
def history(request: LearnerRequest, pk: int) -> HttpResponse:
    """What was decided about one of the own accounts, the latest first."""
    account = _own_account(request, pk)
    page = "accounts/history.html" if request.htmx else "accounts/history_page.html"
    return render(request, page, {"account": account, "history": consent_history(account)})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: LearnerRequest) -> HttpResponse:
    """Say what to be called."""
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if form.is_valid():
        rename(request.user, form.cleaned_data["name"])
        messages.success(request, gettext("Saved."))
        return redirect("accounts:name")
    return render(request, "accounts/name.html", {"form": form})


def _platforms(
    request: LearnerRequest,
    account: LinkedAccount,
    form: EnterCodeForm | None = None,
    new_code: linking.NewLinkCode | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "accounts": accounts_of(account),
        "matches": matches_of(account),
        "form": form or EnterCodeForm(),
        "new_code": new_code,
    }
    return render(request, "accounts/platforms.html", context, status=status)


def _connected(request: LearnerRequest, other: LinkedAccount) -> HttpResponse:
    connected = gettext("%(platform)s is connected. Suggestions now know both histories.")
    messages.success(request, connected % {"platform": other.platform.name})
    return redirect("accounts:platforms")


def _own_match(request: LearnerRequest, pk: int) -> tuple[Match, LinkedAccount, LinkedAccount]:
    """A match that the signed-in person is asked about, with their account and the other; no other one exists."""
    for match, own, other in suggestions.for_person(house_contacts.refresh(request.user)):
        if match.pk == pk:
            return match, own, other
    raise Http404


def _own_account(request: LearnerRequest, pk: int) -> LinkedAccount:
    """An account of the signed-in person; somebody else's does not exist for them."""
    own = LinkedAccount.objects.filter(person_id=house_account(request.user).person_id).select_related("platform")
    return get_object_or_404(own, pk=min(pk, 2**63 - 1))

"""Pages on which people fetch what is held about them, and have it erased."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import LinkedAccount
from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, signed_in
from crossmarket.rights import erasing, exporting
from crossmarket.rights.forms import EVERYTHING, EraseForm
from crossmarket.rights.kinds import words_of
from crossmarket.rights.models import AskedBy, Erasure, Export


@signed_in
@never_cache
@require_safe
def mine(request: LearnerRequest) -> HttpResponse:
    """The two things that a person can do with their data; a part of the page while an archive is being made."""
    account = house_account(request.user)
    shown = {"export": _latest(account), "accounts": _accounts(account), "days": exporting.KEPT_FOR.days}
    page = "rights/export.html" if request.htmx else "rights/mine.html"
    return render(request, page, shown)


@signed_in
@require_POST
def export(request: LearnerRequest) -> HttpResponse:
    """Have an archive made of everything that is held about the person, on all platforms."""
    exporting.start(house_account(request.user), AskedBy.PERSON, whole_person=True)
    return redirect("rights:mine")


@signed_in
@never_cache
@require_safe
def download(request: LearnerRequest, pk: UUID) -> Any:
    """The archive, for the person who asked for it, as long as it is kept."""
    own = Export.objects.ready().filter(account=house_account(request.user), asked_by=AskedBy.PERSON)
    found = get_object_or_404(own, pk=pk)
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(content, as_attachment=True, filename="crossmarket-export.zip", content_type="application/zip")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: LearnerRequest) -> HttpResponse:
    """Ask what is to go and whether it is really the person, then erase it."""
    accounts = _accounts(house_account(request.user))
    form = EraseForm(request.user, accounts, request.POST or None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "rights/erase.html", {"form": form, "accounts": accounts}, status=status)
    chosen = [each for each in accounts if form.cleaned_data["what"] in (EVERYTHING, str(each.pk))]
    try:
        erasure = erasing.carry_out(erasing.ask(AskedBy.PERSON, chosen))
    except erasing.ErasureRefused as refusal:
        form.add_error("what", str(refusal))
        return render(request, "rights/erase.html", {"form": form, "accounts": accounts}, status=422)
    if any(each.platform.is_house for each in chosen):
        logout(request)
    elif erasure.is_done:
        messages.success(request, gettext("Deleted."))
    return redirect("rights:receipt", pk=erasure.pk)


@never_cache
@require_safe
def receipt(request: PageRequest, pk: UUID) -> HttpResponse:
    """What was removed; nobody is named in it, so that whoever knows its address may see it, signed in or not."""
    found = get_object_or_404(Erasure.objects.filter(asked_by=AskedBy.PERSON), pk=pk)
    page = "rights/receipt_body.html" if request.htmx else "rights/receipt.html"
    removed = sorted((words_of(kind), count) for kind, count in found.removed.items())
    return render(request, page, {"erasure": found, "removed": removed})


def _accounts(account: LinkedAccount) -> list[LinkedAccount]:
    """All accounts of a person, the one here first."""
    accounts = LinkedAccount.objects.filter(person_id=account.person_id).select_related("platform").order_by("pk")
    return sorted(accounts, key=lambda each: each.pk != account.pk)


def _latest(account: LinkedAccount) -> Export | None:
    asked = Export.objects.select_related("job").filter(account=account, asked_by=AskedBy.PERSON)
    return asked.order_by("-requested_at").first()

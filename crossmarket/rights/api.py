"""The partner API of a person's rights."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter

from accounts.models import LinkedAccount, Platform
from accounts.partner_view import PartnerView, answer
from accounts.services import tombstones
from crossmarket.foundation.problems import Problem, not_found
from crossmarket.foundation.schema import USER_ID, documented
from crossmarket.rights import erasing, exporting
from crossmarket.rights.models import AskedBy, Erasure

RECEIPT = OpenApiParameter("receipt_id", UUID, OpenApiParameter.PATH, description="The `receipt_id` of an erasure.")
SECONDS_TO_WAIT = 5
ZIP = "application/zip"


class Receipt(msgspec.Struct, frozen=True):
    """What came of an erasure.

    state: `erased`, or `running` while it is not done; what was removed by then is counted already. removed: how much
    of each kind. Nothing in it tells who was erased.
    """

    receipt_id: UUID
    state: str
    requested_at: datetime
    erased_at: datetime | None
    removed: dict[str, int]


class User(PartnerView):
    """`/users/{user_id}`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ids may have slashes, so that addresses of calls that there are not come here too."""
        user_id = kwargs["user_id"]
        if user_id.startswith("/") or (request.method != "DELETE" and "/" in user_id):
            return not_found(request)
        return super().dispatch(request, *args, **kwargs)

    @documented(
        "Erase a user",
        answers={200: Receipt, 202: Receipt},
        problems=(404, 422),
        parameters=[USER_ID],
        tag="users",
    )
    def delete(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Erase a user of the platform with everything that is held about them here; the answer is the receipt."""
        if len(user_id) > 200 or "\0" in user_id:
            raise Problem(422, "invalid_user_id", "A user id has 1 to 200 characters, and not U+0000.")
        return _told(request, _erased(self.caller.platform, user_id))


class ExportState(msgspec.Struct, frozen=True):
    """An archive that is being made: ask again after `Retry-After` seconds."""

    state: str
    requested_at: datetime


class UserExport(PartnerView):
    """`/users/{user_id}/export`."""

    @documented(
        "Export a user",
        answers={200: ZIP, 202: ExportState},
        problems=(404,),
        parameters=[USER_ID],
        tag="users",
    )
    def get(self, request: HttpRequest, user_id: str) -> Any:
        """Everything that is held about a user of the platform, as one archive; of other platforms nothing."""
        account = self.account(user_id)
        if not exporting.is_long(account):
            return _archive(exporting.write_now(account))
        export = exporting.start(account, AskedBy.PLATFORM, whole_person=False)
        if not export.is_ready:
            return _later(answer(ExportState("running", export.requested_at), 202))
        try:
            return _archive(export.file.open("rb"))
        except FileNotFoundError:
            raise LinkedAccount.DoesNotExist from None


class Receipts(PartnerView):
    """`/erasures/{receipt_id}`."""

    @documented(
        "Read a receipt", answers={200: Receipt, 202: Receipt}, problems=(404,), parameters=[RECEIPT], tag="users"
    )
    def get(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        """How far an erasure is that the platform asked for, and its receipt."""
        erasure = Erasure.objects.filter(pk=receipt_id, platform=self.caller.platform).first()
        if erasure is None:
            raise Problem(404, "receipt_not_found", "The platform asked for no erasure with this receipt.")
        return _told(request, erasure)


def _erased(platform: Platform, user_id: str) -> Erasure:
    """The erasure that was asked for, or, when everything was gone already, the one that removed it."""
    account = LinkedAccount.objects.select_related("platform").filter(platform=platform, external_id=user_id).first()
    if account is not None:
        try:
            return erasing.carry_out(erasing.ask(AskedBy.PLATFORM, [account], platform))
        except erasing.ErasureRefused as refusal:
            raise Problem(409, "works_at_the_desk", str(refusal)) from None
    laid = tombstones.of(platform.pk, user_id)
    erasure = erasing.carry_out(erasing.ask_for_stranger(platform, user_id))
    if erasure.removed or not erasure.is_done:
        return erasure
    erasure.delete()
    if laid is None:
        raise Problem(404, "user_not_found", f"{platform} has no user {user_id!r} here, and has had none.")
    earlier = Erasure.objects.filter(pk=laid.receipt, platform=platform).first() if laid.receipt else None
    return earlier or Erasure(requested_at=laid.erased_at, erased_at=laid.erased_at, platform=platform)


def _told(request: HttpRequest, erasure: Erasure) -> HttpResponse:
    state = "erased" if erasure.is_done else "running"
    receipt = Receipt(erasure.pk, state, erasure.requested_at, erasure.erased_at, dict(sorted(erasure.removed.items())))
    response = answer(receipt, 200 if erasure.is_done else 202)
    if not erasure.is_done:
        response.headers["Location"] = request.build_absolute_uri(reverse("rights-receipt", args=[erasure.pk]))
        return _later(response)
    return response


def _later(response: HttpResponse) -> HttpResponse:
    response.headers["Retry-After"] = str(SECONDS_TO_WAIT)
    return response


def _archive(content: Any) -> FileResponse:
    return FileResponse(content, as_attachment=True, filename="crossmarket-export.zip", content_type=ZIP)

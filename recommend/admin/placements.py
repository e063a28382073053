"""The desk of placements: their rules in fields, each stage with a switch, beside a preview for anybody."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts.models import Platform
from crossmarket.foundation.pretty import pretty_json
from recommend.admin import placement_preview
from recommend.admin.placement_editor import Editor, editor_of
from recommend.admin.placement_preview import MAY_LOOK_AT_PEOPLE, AskForm
from recommend.admin.placement_words import STAGES
from recommend.models import Placement
from recommend.placements.keeping import drop_placement, save_placement
from recommend.placements.reading import RulesError, read_rules
from recommend.placements.rules import PlacementRules


@admin.register(Placement)
class PlacementAdmin(ModelAdmin):
    """Slots where recommendations are shown, and by which rules."""

    list_display = ("title", "whose", "switched_off", "own_rules", "updated_at")
    list_select_related = ("platform",)
    search_fields = ("key", "name")
    ordering = ("key", "platform")

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The fragment that the editor fetches."""
        return (("preview/", "recommend_placement_preview", placement_preview.show),)

    @display(description=_("placement"), header=True, ordering="key")
    def title(self, placement: Placement) -> list[str]:
        """The name and the key."""
        return [placement.name or placement.key, placement.key]

    @display(description=_("platform"), ordering="platform")
    def whose(self, placement: Placement) -> str:
        """Whose slot it is."""
        return str(placement.platform or _("all platforms"))

    @display(description=_("switched off"))
    def switched_off(self, placement: Placement) -> str:
        """The stages that it does without."""
        return ", ".join(str(STAGES[stage][0]) for stage in _rules_of(placement).off) or "-"

    @display(description=_("rules of its own"))
    def own_rules(self, placement: Placement) -> int:
        """How many rules differ from the defaults."""
        return len(set(placement.rules) - {"off"}) if isinstance(placement.rules, dict) else 0

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a placement."""
        placement = self.get_object(request, object_id) if object_id else Placement(key=request.GET.get("key", ""))
        if placement is None:
            raise Http404
        may_save = self.has_change_permission(request, placement) if object_id else self.has_add_permission(request)
        if not (may_save or (object_id and self.has_view_permission(request, placement))):
            raise PermissionDenied
        if request.method == "POST" and not may_save:
            raise PermissionDenied
        editor = editor_of(placement, request.POST if request.method == "POST" else None)
        if request.method == "POST" and editor.save() is not None:
            return self._saved(request, editor.about.instance, is_new=object_id is None)
        return TemplateResponse(
            request,
            "admin/recommend/placement/edit.html",
            {**self.admin_site.each_context(request), **self._context(request, placement, editor, may_save)},
        )

    def _context(self, request: HttpRequest, placement: Placement, editor: Editor, may_save: bool) -> dict[str, Any]:
        asked = {"platform": placement.platform or Platform.objects.house(), "limit": 10}
        return {
            "opts": self.opts,
            "title": placement.name or placement.key or _("Add a placement"),
            "placement": placement,
            "editor": editor,
            "ask": AskForm(initial=asked, placement=placement, prefix="ask"),
            "may_save": may_save,
            "may_delete": placement.pk is not None and self.has_delete_permission(request, placement),
            "may_look_at_people": request.user.has_perm(MAY_LOOK_AT_PEOPLE),
            "as_json": pretty_json(placement.rules),
        }

    def _saved(self, request: HttpRequest, placement: Placement, is_new: bool) -> HttpResponse:
        save_placement(placement)
        if is_new:
            self.log_addition(request, placement, "rules")
        else:
            self.log_change(request, placement, "rules")
        messages.success(request, _("Saved. The rules hold from the next list on."))
        page = "changelist" if "_save" in request.POST else "change"
        arguments = [] if "_save" in request.POST else [placement.pk]
        return HttpResponseRedirect(reverse(f"admin:recommend_placement_{page}", args=arguments))

    def delete_model(self, request: HttpRequest, obj: Placement) -> None:
        """Remove it, so that every process knows."""
        drop_placement(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Placement]) -> None:
        """The same for several."""
        for placement in queryset:
            drop_placement(placement)


def _rules_of(placement: Placement) -> PlacementRules:
    try:
        return read_rules(placement.rules)
    except RulesError:
        return PlacementRules()

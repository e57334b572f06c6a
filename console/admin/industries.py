"""Industries and their sectors, as sites choose from them."""

from django.contrib import admin
from unfold.contrib.filters.admin import RelatedDropdownFilter

from console.admin import columns
from console.admin.base import ConsoleAdmin
from console.site import site
from tenancy.models import Industry, IndustrySector


@admin.register(Industry, site=site)
class IndustryAdmin(ConsoleAdmin):
    list_display = ("name", "slug", "offered")
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", "slug", "offered")}),)

    offered = columns.either("is_active", "Offered", good=True)


@admin.register(IndustrySector, site=site)
class IndustrySectorAdmin(ConsoleAdmin):
    list_display = ("name", "industry_link", "slug", "offered")
    list_select_related = ("industry",)
    list_filter = (("industry", RelatedDropdownFilter), "is_active")
    search_fields = ("name", "slug")
    ordering = ("industry", "name")
    fieldsets = ((None, {"fields": ("name", "slug", "industry", "offered")}),)

    industry_link = columns.link("industry", "Industry")
    offered = columns.either("is_active", "Offered", good=True)

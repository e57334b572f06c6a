"""The invoice to print, and as a PDF. Both show what everybody who sees invoices may see."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import NoReverseMatch, URLPattern, path, reverse

from billing.invoices import document, pdf
from billing.models import Invoice

READ = ("GET", "HEAD")


class InvoicePagesMixin(ModelAdmin):
    """Adds `<id>/print/` and `<id>/pdf/`, and the buttons on the invoice's screen."""

    change_form_template = "console/invoices/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<int:object_id>/print/",
                self.admin_site.admin_view(self.print_view),
                name=f"{name}_print",
            ),
            path(
                "<int:object_id>/pdf/",
                self.admin_site.admin_view(self.pdf_view),
                name=f"{name}_pdf",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        offered = {
            "print_url": self._url("print", object_id),
            "pdf_url": self._url("pdf", object_id),
        }
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **offered}
        )

    def print_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        invoice = self._invoice(request, object_id)
        return render(
            request,
            "console/invoices/print.html",
            {
                "document": document.of(invoice),
                "invoice_url": self._url("change", object_id),
                "pdf_url": self._url("pdf", object_id),
            },
        )

    def pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        invoice = self._invoice(request, object_id)
        content = pdf.render(document.of(invoice))
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="invoice-{invoice.number}.pdf"'
        return response

    def _invoice(self, request: HttpRequest, object_id: int) -> Invoice:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Invoice.objects.select_related("account", "plan").filter(pk=object_id).first()
        if found is None:
            raise Http404
        return found

    def _url(self, name: str, object_id: int | str) -> str:
        opts = self.opts
        try:
            return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=(object_id,))
        except NoReverseMatch:
            return ""

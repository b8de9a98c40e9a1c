"""Routes of imports and exports."""

from django.urls import path

from crm.console.import_listing import IMPORTS
from crm.console.views import exports, import_templates, imports, work

urlpatterns = [
    path("jobs/", work.my_work, name="my_work"),
    *IMPORTS.urls("imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/templates/<slug:resource>.xlsx", imports.import_template, name="import_template"),
    path("imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("imports/<int:pk>/status/", imports.import_status, name="import_status"),
    path("imports/<int:pk>/rows/", imports.import_rows, name="import_rows"),
    path("imports/<int:pk>/mapping/", imports.import_mapping, name="import_mapping"),
    path("imports/<int:pk>/sheet/", imports.import_sheet, name="import_sheet"),
    path("imports/<int:pk>/template/", import_templates.import_template_use, name="import_template_use"),
    path(
        "imports/<int:pk>/template/save/", import_templates.import_template_save, name="import_template_save"
    ),
    path(
        "imports/mappings/<int:pk>/delete/",
        import_templates.import_template_delete,
        name="import_template_delete",
    ),
    path("imports/<int:pk>/mend/", imports.import_mend, name="import_mend"),
    path("imports/<int:pk>/duplicates/", imports.import_duplicates, name="import_duplicates"),
    path("imports/<int:pk>/decide/", imports.import_decide, name="import_decide"),
    path("imports/<int:pk>/leave-out/", imports.import_leave_out, name="import_leave_out"),
    path("imports/<int:pk>/commit/", imports.import_commit, name="import_commit"),
    path("imports/<int:pk>/stop/", imports.import_stop, name="import_stop"),
    path("imports/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("imports/<int:pk>/errors.xlsx", imports.import_errors, name="import_errors"),
    path("exports/", exports.export_new, name="export_new"),
    path("exports/<int:pk>/", exports.export_detail, name="export_detail"),
    path("exports/<int:pk>/stop/", exports.export_stop, name="export_stop"),
    path("exports/<int:pk>/download/", exports.export_download, name="export_download"),
]

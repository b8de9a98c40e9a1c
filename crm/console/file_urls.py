"""The addresses of files: below their record, `/customers/42/files/`; and of what is uploaded for a draft."""

from django.urls import path

from crm.console.views import files

OF_RECORD = "<slug:kind>/<int:pk>/files/"
ONE = f"{OF_RECORD}<int:file>/"

urlpatterns = [
    path("files/", files.upload_new, name="upload_new"),
    path("files/<int:pk>/discard/", files.upload_discard, name="upload_discard"),
    path(OF_RECORD, files.record_files, name="record_files"),
    path(ONE, files.record_file, name="record_file"),
    path(f"{ONE}small/", files.record_file_picture, {"size": "small"}, name="record_file_thumbnail"),
    path(f"{ONE}large/", files.record_file_picture, {"size": "large"}, name="record_file_picture"),
    path(f"{ONE}download/", files.record_file_download, name="record_file_download"),
    path(f"{ONE}delete/", files.record_file_delete, name="record_file_delete"),
    path(f"{ONE}restore/", files.record_file_restore, name="record_file_restore"),
    path(f"{ONE}purge/", files.record_file_purge, name="record_file_purge"),
]

"""Small valid files for uploads."""

from io import BytesIO

import PIL.Image
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.accounts.models import User
from portal.library.actions import add_attachment
from portal.library.models import Attachment
from tests.library.sample_files import PDF


def document_upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("附件.pdf", PDF, "application/pdf")


def honours_sheet() -> SimpleUploadedFile:
    data = "名称,级别,获得者\n新的荣誉,院级,本院\n".encode()
    return SimpleUploadedFile("台账.csv", data, "text/csv")


def redirects_sheet() -> SimpleUploadedFile:
    return SimpleUploadedFile("旧址.csv", "旧地址,新地址\n/a.php,/news/\n".encode(), "text/csv")


def stored_attachment(by: User) -> Attachment:
    return add_attachment(file=document_upload(), by=by)


def picture_upload() -> SimpleUploadedFile:
    data = BytesIO()
    PIL.Image.new("RGB", (20, 20), (1, 2, 3)).save(data, "PNG")
    return SimpleUploadedFile("图.png", data.getvalue(), "image/png")

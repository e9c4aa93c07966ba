"""A form that was posted without a session: the sign-in page preserves its fields to resend them.

The sign-in page contains the fields as hidden inputs. Browsers convert every line break of a form
value to CRLF whenever they send it; a hidden input adds no other change, so that the values arrive
unaltered.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, QueryDict

_FIELD_PREFIX = "preserved-field-"
_FILE_FIELD = "preserved-file"
# Bytes and fields reserved for the additions of the sign-in page: its own fields, the prefixes of
# field names, and multipart headers.
_RESERVED_BYTES = 64 * 1024
_RESERVED_FIELDS = 20


@dataclass(frozen=True)
class PreservedPost:
    """The fields of a post in their order, the names of its files, and whether it was too large."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    too_large: bool = False

    def __bool__(self) -> bool:
        return bool(self.fields or self.files or self.too_large)

    @classmethod
    def from_request(cls, request: HttpRequest) -> "PreservedPost":
        """Return the fields of a post, without passwords and without the contents of files."""
        files = tuple(
            file.name or "" for name in request.FILES for file in request.FILES.getlist(name)
        )
        fields = tuple(
            (name, value)
            for name, value in _pairs(request.POST)
            if name != "csrfmiddlewaretoken" and "password" not in name.lower()
        )
        if _is_too_large(fields):
            return cls(files=files, too_large=True)
        return cls(fields=fields, files=files)

    @classmethod
    def from_sign_in_form(cls, post: QueryDict) -> "PreservedPost":
        """Return the preserved post that the hidden inputs of the sign-in page contain."""
        return cls(
            fields=tuple(
                (name.removeprefix(_FIELD_PREFIX), value)
                for name, value in _pairs(post)
                if name.startswith(_FIELD_PREFIX)
            ),
            files=tuple(post.getlist(_FILE_FIELD)),
        )

    def hidden_inputs(self) -> list[tuple[str, str]]:
        """Return (name, value) of the hidden inputs to be added to the sign-in page."""
        return [
            *((_FIELD_PREFIX + name, value) for name, value in self.fields),
            *((_FILE_FIELD, name) for name in self.files),
        ]


def _pairs(post: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in post.lists() for value in values]


def _is_too_large(fields: tuple[tuple[str, str], ...]) -> bool:
    """Return whether the sign-in form with these fields would exceed Django's limits for a post."""
    limit, count = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    size = sum(
        len(name.encode()) + len(value.encode()) + len(_FIELD_PREFIX) + 2 for name, value in fields
    )
    return (limit is not None and size > limit - _RESERVED_BYTES) or (
        count is not None and len(fields) > count - _RESERVED_FIELDS
    )

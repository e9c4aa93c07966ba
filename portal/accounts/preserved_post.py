"""Text that was posted without a session, carried through the sign-in page and posted again.

A browser turns every line break of a form's value into CRLF when it sends it, on the first post
and on the last; a hidden input in between changes nothing. So the values travel as they came.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, QueryDict

_FIELD = "kept-field-"
_FILE = "kept-file"
# Room for what the sign-in page adds: its own fields, the prefixes, the parts' names.
_SLACK_BYTES = 64 * 1024
_SLACK_FIELDS = 20


@dataclass(frozen=True)
class PreservedPost:
    """The fields of a post, in order; and what could not be carried."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    too_large: bool = False

    def __bool__(self) -> bool:
        return bool(self.fields or self.files or self.too_large)

    @classmethod
    def from_request(cls, request: HttpRequest) -> "PreservedPost":
        """Take the fields of a post to the desk. Passwords are not carried, nor files' contents."""
        files = tuple(
            file.name or "" for name in request.FILES for file in request.FILES.getlist(name)
        )
        fields = tuple(
            (name, value)
            for name, value in _pairs(request.POST)
            if name != "csrfmiddlewaretoken" and "password" not in name.lower()
        )
        if _too_large(fields):
            return cls(files=files, too_large=True)
        return cls(fields=fields, files=files)

    @classmethod
    def from_sign_in_form(cls, post: QueryDict) -> "PreservedPost":
        """Take up again what the sign-in page carried in its hidden inputs."""
        return cls(
            fields=tuple(
                (name.removeprefix(_FIELD), value)
                for name, value in _pairs(post)
                if name.startswith(_FIELD)
            ),
            files=tuple(post.getlist(_FILE)),
        )

    def hidden_inputs(self) -> list[tuple[str, str]]:
        """Return name and value of the hidden inputs that carry this through the sign-in page."""
        return [
            *((_FIELD + name, value) for name, value in self.fields),
            *((_FILE, name) for name in self.files),
        ]


def _pairs(post: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in post.lists() for value in values]


def _too_large(fields: tuple[tuple[str, str], ...]) -> bool:
    limit, count = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    size = sum(len(name.encode()) + len(value.encode()) + len(_FIELD) + 2 for name, value in fields)
    return (limit is not None and size > limit - _SLACK_BYTES) or (
        count is not None and len(fields) > count - _SLACK_FIELDS
    )

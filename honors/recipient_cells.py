"""Reading and writing of the recipients of an honour in a cell of the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.publishing.fields import Row

from .cells import excerpt, fold, value_by_word
from .recipients import RecipientKind

RECIPIENTS = {
    RecipientKind.COURT: ("本院", "我院", "法院", "全院"),
    RecipientKind.DEPARTMENT: ("部门", "庭室", "科室", "内设机构"),
    RecipientKind.PERSON: ("个人", "姓名", "干警", "法官"),
    RecipientKind.GROUP: ("人数", "群体", "多人"),
}
_RECIPIENTS = value_by_word(RECIPIENTS)
_COURT_WORDS = {
    "本院",
    "我院",
    "本法院",
    "我法院",
    "法院",
    "全院",
    "集体",
    "单位",
    "本单位",
    "我单位",
}
# The quoted form, for names that contain separators: 部门:"刑事审判庭；二庭"计"3人".
_QUOTED = re.compile(
    r'\s*(?P<kind>本院|部门|个人|人数):"(?P<name>(?:[^"]|"")*)"(?:计"(?P<count>(?:[^"]|"")*)")?'
    r"\s*(?:[；;\n]|\Z)"
)
_UNTIL_SEPARATOR = re.compile(r"[^；;\n]*")
_COUNT = re.compile(r"[0-9零〇一二两三四五六七八九十百千万几数]+[余多]?[名人位个]?[余多]?")


def read_recipients(text: str, court_names: Iterable[str] = ()) -> list[Row]:
    """Return the recipients in a cell; ``court_names`` are the names of this court.

    Raise ValidationError with a message for each part of the text that is not a recipient.
    """
    found: list[Row] = []
    messages: list[str] = []
    position = 0
    while position < len(text):
        if quoted := _QUOTED.match(text, position):
            kind = _RECIPIENTS[quoted["kind"]]
            name, count = (
                (quoted[key] or "").replace('""', '"').strip() for key in ("name", "count")
            )
            found.append(_row(kind, name, count))
            position = quoted.end()
            continue
        part = _UNTIL_SEPARATOR.match(text, position)[0]  # type: ignore[index]  # matches anywhere
        position += len(part) + 1
        try:
            found.extend(_read_part(part.strip(), court_names))
        except ValidationError as error:
            messages += error.messages
    if messages:
        raise ValidationError(messages)
    return [row for row in found if any(row.values())]


def _row(kind: str, name: str = "", count: str = "") -> Row:
    return {"kind": kind, "name": name, "count": count}


def _read_part(part: str, court_names: Iterable[str]) -> Iterator[Row]:
    if not part:
        return
    head, colon, rest = _split_at_colon(part)
    kind = _RECIPIENTS.get(fold(head)) if colon else None
    if kind == RecipientKind.GROUP:
        yield _row(kind, *_name_and_count(rest))
    elif kind == RecipientKind.PERSON:
        for name in re.split(r"[、,，]", rest):
            yield _row(kind, name.strip())
    elif kind is not None:
        yield _row(kind, rest)
    elif is_this_court(part, court_names):
        yield _row(RecipientKind.COURT)
    else:
        raise ValidationError(_unknown_recipient(part))


def _split_at_colon(part: str) -> tuple[str, str, str]:
    head, colon, rest = re.match(r"([^:：]*)([:：]?)(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
    return head.strip(), colon, rest.strip()


def _name_and_count(text: str) -> tuple[str, str]:
    """Split a text such as 20余名 干警 or 20余名干警 into the name and the count."""
    count, _space, name = text.partition(" ")
    if not name and (match := _COUNT.match(text)):
        count, name = match[0], text[match.end() :]
    return name.strip(), count


def is_this_court(text: str, court_names: Iterable[str]) -> bool:
    """Return whether a text means this court: 本院 or its name, also without region or 人民."""
    word = fold(text)
    if word in _COURT_WORDS:
        return True
    word = word.replace("人民", "")
    names = [fold(name).replace("人民", "") for name in court_names]
    return word.endswith("法院") and any(
        name.endswith("法院") and (name.endswith(word) or word.endswith(name)) for name in names
    )


def _unknown_recipient(part: str) -> str:
    words = {"part": excerpt(part)}
    if match := _COUNT.match(part):
        words = {**words, "count": match[0], "who": part[match.end() :] or "干警"}
        return _("“%(part)s”: are these people without names? Write 人数:%(count)s %(who)s") % words
    if re.search("[庭室局队科组部处]$", part):
        return _("“%(part)s”: is this a department? Write 部门:%(part)s") % words
    if re.fullmatch("[\u4e00-\u9fff·]{2,4}", part):
        return _("“%(part)s”: is this a person? Write 个人:%(part)s") % words
    return (
        _(
            "“%(part)s” does not say who it is; write 本院, 部门:…, 个人:… or 人数:20余名 干警, "
            "several with ； between them"
        )
        % words
    )


def write_recipients(rows: Sequence[Row]) -> str:
    """Return the text of recipients in the plain form.

    If the reader would not return the same recipients, return it in the quoted form.
    """
    plain = "；".join(map(_write_plain, rows))
    try:
        if read_recipients(plain) == list(rows):
            return plain
    except ValidationError:
        pass
    return "；".join(map(_write_quoted, rows))


def _write_plain(row: Row) -> str:
    kind = RecipientKind(row["kind"])
    word = RECIPIENTS[kind][0]
    if kind == RecipientKind.GROUP:
        return f"{word}:{row['count']} {row['name']}".rstrip()
    if kind == RecipientKind.COURT and not row["name"]:
        return word
    return f"{word}:{row['name']}"


def _write_quoted(row: Row) -> str:
    name, count = (row[key].replace('"', '""') for key in ("name", "count"))
    counted = f'计"{count}"' if count else ""
    return f'{RECIPIENTS[RecipientKind(row["kind"])][0]}:"{name}"{counted}'

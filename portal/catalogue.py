"""Extraction, merging, compilation and check of the message catalogue with Babel.

Django's ``makemessages`` and ``compilemessages`` need GNU gettext, which this project does not
require.
"""

import io
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import reloader
from django.utils.translation.template import templatize

LOCALE = "zh_Hans"
PO = Path(settings.LOCALE_PATHS[0]) / LOCALE / "LC_MESSAGES" / "django.po"

SOURCE_FOLDERS = ("portal", "news", "honors", "templates")
_EXCLUDED = {"migrations", "tests", "__pycache__"}

# Names of functions with the positions of the arguments that are messages (None: the first one);
# "c" marks the argument that is the context.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

_LEADING_BLANKS = re.compile(r"^[ \t]+", re.MULTILINE)

# The header has no dates and no tool versions, so that the file changes only if a message changes.
_HEADER = f"""\
# The portal in simplified Chinese.
msgid ""
msgstr ""
"Language: {LOCALE}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


@dataclass(frozen=True)
class Report:
    """The defects of a catalogue: lists of messages as lines of text."""

    untranslated: list[str]
    obsolete: list[str]
    broken: list[str]

    @property
    def is_complete(self) -> bool:
        return not (self.untranslated or self.obsolete or self.broken)

    def lines(self) -> Iterator[str]:
        yield from (f"untranslated: {text}" for text in self.untranslated)
        yield from (f"no longer used: {text}" for text in self.obsolete)
        yield from (f"broken: {text}" for text in self.broken)


def sources() -> Iterator[Path]:
    """Yield the path of every file that may contain a translatable message, in a fixed order."""
    base = Path(settings.BASE_DIR)
    for folder in SOURCE_FOLDERS:
        for path in sorted((base / folder).rglob("*")):
            parts = path.relative_to(base).parts
            is_template = "templates" in parts and path.suffix in {".html", ".txt", ".xml"}
            if (path.suffix == ".py" or is_template) and _EXCLUDED.isdisjoint(parts):
                yield path


def extracted() -> Catalog:
    """Return a catalogue with all messages of the code and the templates, without translations."""
    template = Catalog(locale=LOCALE)
    for path in sources():
        for _line, message, _comments, context in messages(path):
            template.add(message, context=context)
    return template


def messages(path: Path) -> Iterator[tuple]:
    """Yield (line number, text or texts, comments, context) for each message in a file.

    A message with a plural has two texts.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # ``templatize`` turns a template into gettext calls and replaces all other text by X.
        # Python's tokenizer would reject the indentation, which can be removed because each message
        # is on one line.
        text = _LEADING_BLANKS.sub("", templatize(text, origin=str(path)))
    yield from extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS)


def stored(path: Path = PO) -> Catalog:
    """Return the catalogue of the repository; an empty catalogue if the file does not exist."""
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE, abort_invalid=True)


def save(catalog: Catalog, path: Path = PO) -> None:
    """Write the catalogue sorted and without source locations or dates, to keep diffs small."""
    body = io.BytesIO()
    write_po(
        body,
        catalog,
        width=100,
        no_location=True,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_HEADER + body.getvalue().decode().rstrip("\n") + "\n", encoding="utf-8")


def update(path: Path = PO) -> Report:
    """Merge the messages of the code into the catalogue file without fuzzy matching.

    Return the remaining defects.
    """
    catalog = stored(path)
    catalog.update(extracted(), no_fuzzy_matching=True)
    save(catalog, path)
    return check(path)


def check(path: Path = PO) -> Report:
    """Compare the catalogue with the messages of the code and return the defects."""
    template, catalog = extracted(), stored(path)
    known = {_key(message): message for message in catalog if message.id}
    wanted = {_key(message): message for message in template if message.id}
    untranslated = [key for key in wanted if key not in known or not _translated(known[key])]
    broken = [
        f"{_label(_key(message))}: {error}"
        for message in known.values()
        if _translated(message)
        for error in message.check(catalog)
    ]
    broken += [f"{_label(key)}: marked fuzzy" for key, message in known.items() if message.fuzzy]
    return Report(
        untranslated=sorted(map(_label, untranslated)),
        obsolete=sorted(_label(key) for key in known if key not in wanted),
        broken=sorted(broken),
    )


def _key(message: Message) -> tuple[str | None, str]:
    """Return the lookup key of a message: its context (or None) and its singular text."""
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def _translated(message: Message) -> bool:
    if isinstance(message.string, str):
        return bool(message.string)
    return bool(message.string) and all(message.string)


def _label(key: tuple[str | None, str]) -> str:
    context, text = key
    return f"{context}|{text!r}" if context else repr(text)


def compile_if_stale(path: Path = PO) -> bool:
    """Write the compiled catalogue if it is missing or outdated; return whether it was written.

    The file is written under a temporary name and renamed, because several processes may start at
    the same time. The translations in this process's memory are discarded.
    """
    compiled = path.with_suffix(".mo")
    if not path.exists():
        return False
    if compiled.exists() and compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return False
    catalog = stored(path)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        write_mo(file, catalog)
    os.chmod(name, 0o644)
    os.replace(name, compiled)
    reloader.translation_file_changed(sender=None, file_path=compiled)
    return True

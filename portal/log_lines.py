"""The format of the log: a line that begins at the margin is a record, and no other line is."""

import logging
import re

#: Characters that end a line or change the display of the text after them: control characters,
#: Unicode's line and paragraph separators, and marks of the writing direction.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Text before each line of a traceback, of a stack or of an exception's message.
CONTINUATION = "    | "


class RecordFormatter(logging.Formatter):
    """A formatter whose records cannot contain a line that looks like another record.

    A message may contain text of a request (a path, the name of a parameter); its line feeds and
    other control characters are escaped. The lines of tracebacks are indented.
    """

    def formatMessage(self, event: logging.LogRecord) -> str:
        return escape(super().formatMessage(event))

    def formatException(self, ei: object) -> str:
        return _continued(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:
        return _continued(super().formatStack(stack_info))


def escape(text: str) -> str:
    """Return the text with control characters as Python writes them in a literal."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _continued(text: str) -> str:
    # Only line feeds separate lines of a traceback: other separators came from a message.
    return "\n".join(CONTINUATION + escape(line) for line in text.split("\n"))

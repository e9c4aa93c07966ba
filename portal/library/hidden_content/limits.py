"""Limits of the examination of documents. Ordinary files stay far below them.

The process itself has limits on memory and time (``program``), which bound everything else.
"""

MEMORY_LIMIT_BYTES = 1024 * 1024 * 1024
CPU_LIMIT_SECONDS = 40
#: The portal ends the process after this time, also if it waits for something.
TIMEOUT_SECONDS = 60

# Office files. The upload has already refused larger archives (``library.documents``); every part
# is read at most twice.
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
MAX_ENTRIES = 10_000
MAX_PART_BYTES = 100 * 1024 * 1024
#: An office file inside an office file (the data of a chart) is examined, too.
MAX_NESTING = 2
MAX_NESTED_FILES = 100
MAX_RELATIONSHIPS = 50_000

# XML.
MAX_DEPTH = 200
MAX_NODES = 1_500_000
MAX_EVENTS = 30_000_000
#: The maximum number of different element and attribute names, each of which expat keeps.
MAX_NAMES = 5_000
#: The maximum size of one tag: old versions of expat parse it again with every chunk.
MAX_TOKEN_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

# PDF.
MAX_PAGES = 5_000
MAX_ANNOTATIONS = 100_000
MAX_FORM_FIELDS = 100_000
#: Hidden layers are only removed from documents whose every page can be rendered and compared.
MAX_RENDERED_PAGES = 200
#: The maximum size of the unpacked content of a document whose hidden layers are removed:
#: pypdf reads about 0.25 MB of it in a second.
MAX_LAYERED_BYTES = 2 * 1024 * 1024

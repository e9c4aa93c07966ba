"""Limits on uploaded files. Ordinary files stay far below; hostile files are refused early."""

MAX_BYTES = 50 * 1024 * 1024
MAX_TEXT = 2_000  # maximum number of characters in a cell
MAX_HEADER_ROW = 10  # the header row is searched from row 1 to this row
MAX_COLUMNS = 500  # columns further to the right are ignored

# Limits of an xlsx file. For comparison: 50,000 rows of 14 columns unpack to 60 MB with 2,200,000
# XML elements.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
# Office programs compress their XML to about a twentieth of its size, and a large regular table to
# a fiftieth.
MAX_COMPRESSION_RATIO = 100
MIN_BYTES_FOR_RATIO = 20 * 1024 * 1024  # the ratio of smaller files is not checked
MAX_ENTRIES = 2_000
MAX_ELEMENTS = 6_000_000
MAX_DEPTH = 100
# maximum number of different names of elements and attributes: expat keeps each in memory
MAX_XML_NAMES = 2_000
# maximum size of a tag or comment: old versions of expat parse it again with every chunk
MAX_TOKEN_BYTES = 1024 * 1024
MAX_SHEETS = 200
MAX_STYLES = 66_000  # slightly above the limit of Excel
MAX_RANGES = 20_000  # maximum number of merged ranges, and of ranges of array formulas
CHUNK_BYTES = 64 * 1024
MAX_RAW_TEXT = 2 * MAX_TEXT  # maximum number of characters of a text that are kept before cleaning

# The limits of Excel.
SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
SHEET_TEXT = 32_767

# Limit of a csv file: the maximum number of characters in a row. The csv module of Python refuses a
# field of 131,072 characters.
MAX_CSV_RECORD = 100_000

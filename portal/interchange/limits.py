"""Limits on uploaded files. Ordinary files stay far below; hostile files are refused early."""

MAX_BYTES = 50 * 1024 * 1024
MAX_TEXT = 2_000  # characters in a cell
MAX_HEADER_ROW = 10  # the header is searched in the rows up to this one
MAX_COLUMNS = 500  # columns further to the right are ignored

# An xlsx file. For comparison: 50,000 rows of 14 columns unpack to 60 MB with 2,200,000 elements.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
# Office files compress their XML to about a twentieth; a large regular table to a fiftieth.
MAX_COMPRESSION_RATIO = 100
MIN_BYTES_FOR_RATIO = 20 * 1024 * 1024  # smaller parts are not checked for their ratio
MAX_ENTRIES = 2_000
MAX_ELEMENTS = 6_000_000
MAX_DEPTH = 100
MAX_XML_NAMES = 2_000  # different names of elements and attributes: expat keeps each of them
MAX_TOKEN_BYTES = 1024 * 1024  # one tag or comment: an old expat parses it again with every chunk
MAX_SHEETS = 200
MAX_STYLES = 66_000  # Excel's own limit is just below
MAX_RANGES = 20_000  # merged ranges, or ranges of array formulas
CHUNK_BYTES = 64 * 1024
MAX_RAW_TEXT = 2 * MAX_TEXT  # characters kept of a text before it is cleaned

# Excel's own limits.
SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
SHEET_TEXT = 32_767

# A csv file.
MAX_CSV_RECORD = 100_000  # characters in a row; the csv module refuses a field of 131,072

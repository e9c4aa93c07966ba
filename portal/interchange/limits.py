"""How much a file may hold. Each stops a file made to harm; an honest one stays far below."""

MAX_BYTES = 50 * 1024 * 1024
MAX_TEXT = 2_000  # characters in a cell
HEADER_WITHIN = 10  # rows
MAX_COLUMNS = 500  # what stands further to the right is not looked at

# An xlsx file. 50,000 rows of 14 columns unpack to 60 MB with 2,200,000 elements.
MAX_UNPACKED = 200 * 1024 * 1024
# Office files pack their XML to a twentieth; an honest large table to perhaps a fiftieth.
MAX_RATIO = 100
RATIO_COUNTS_FROM = 20 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_ELEMENTS = 6_000_000
MAX_DEPTH = 100
MAX_NAMES = 2_000  # different names of elements and attributes: expat keeps each of them
MAX_TOKEN = 1024 * 1024  # one tag or comment: old expats read it anew with every piece
MAX_SHEETS = 200
MAX_STYLES = 66_000  # Excel's own limit is just below
MAX_BLOCKS = 20_000  # merged areas, or areas of a formula
CHUNK = 64 * 1024
# What is kept of a text before it is trimmed.
MAX_RAW_TEXT = 2 * MAX_TEXT

# Excel's own.
SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
SHEET_TEXT = 32_767

# A csv file.
MAX_RECORD = 100_000  # characters in a row; the csv module refuses a field of 131,072

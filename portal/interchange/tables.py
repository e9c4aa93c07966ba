"""The public interface of the readers and writers of tables, for other apps."""

from .reading import read_table
from .structures import Cell, Column, Row, TableError
from .writing import write_csv, write_xlsx

__all__ = ["Cell", "Column", "Row", "TableError", "read_table", "write_csv", "write_xlsx"]

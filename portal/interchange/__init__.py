"""Reading and writing of tables as xlsx and csv files, and the shared steps of an import."""

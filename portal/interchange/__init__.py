"""Read and write tables as xlsx and csv files, and the shared steps of importing a sheet."""

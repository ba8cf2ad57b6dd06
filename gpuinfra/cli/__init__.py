"""The command line: options in, one call, the result printed; the only importer of typer."""

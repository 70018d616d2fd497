"""`python -m shopscore_analysis`: the command line, for schedulers that know only the interpreter's path."""

from shopscore_analysis.cli import main

if __name__ == "__main__":
    main()

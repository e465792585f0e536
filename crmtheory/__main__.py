"""``python -m crmtheory`` is the command ``crmtheory``."""

from crmtheory.cli import main

if __name__ == "__main__":
    main(prog_name="crmtheory")

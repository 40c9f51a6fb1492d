"""`python -m tests.pi`: go through the list, and write the report."""

from tests.pi.run import main

if __name__ == "__main__":
    main()

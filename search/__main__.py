"""`python -m search` is `tresen`."""

from search.cli import main

if __name__ == "__main__":
    main()

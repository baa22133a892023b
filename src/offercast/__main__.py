"""`python -m offercast`."""

from offercast.cli import main

if __name__ == "__main__":
    main()

"""`python -m atrium.app` is the command `atrium`."""

from atrium.app.cli import main

if __name__ == "__main__":
    main()

"""``python -m rfc5077``: the same as the ``rfc5077`` command."""

from rfc5077.properties.start import main

if __name__ == "__main__":
    main()

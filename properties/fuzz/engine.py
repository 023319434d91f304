"""One fuzzer in a process of its own: `python -m rfc5077.properties.fuzz.engine TARGET [libFuzzer's arguments]`.

Coverage is that of `reference` and of what drives it; atheris (libFuzzer) has to instrument modules before they are
imported, which is why nobody else may have imported them in this process.
"""

import sys

import atheris

INSTRUMENTED = ["rfc5077.reference", "rfc5077.properties.fuzz", "rfc5077.properties.cli.session_file"]

with atheris.instrument_imports(include=INSTRUMENTED):
    from rfc5077.properties.fuzz.targets import TARGETS


def main(arguments: list[str]) -> None:
    """Runs until libFuzzer ends the process."""
    name, *rest = arguments
    target = TARGETS[name]
    atheris.Setup([name, *rest], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])

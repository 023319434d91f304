"""What a user got wrong: one exception, one line, exit code 2."""


class UsageError(Exception):
    """Something that a user typed or named cannot be used; raised anywhere in `properties`, caught in `cli.main` alone,
    and in `cli.reread`, where it ends nothing.

    Attributes:
        message: what is wrong, with the offending value, as a clause without a closing full stop.
        advice: what to do instead, if anything is known to help; likewise without a closing full stop.
    """

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message, advice)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        """The one line that the user reads, without the program's name; line breaks in the parts become spaces."""
        message, advice = (" ".join((part or "").split()).removesuffix(".") for part in (self.message, self.advice))
        if not advice:
            return message
        return f"{message} {advice}" if message.endswith("?") else f"{message}. {advice}"

"""`--help` of a command with many options: each stands under the panel that it was declared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from operator import methodcaller
from typing import Protocol

from typer.core import TyperCommand

OTHERS = "Options"
"""Where options stand that were declared without a panel."""


class Formatter(Protocol):
    """What writes the help: sections, and lists of terms with what they mean."""

    def section(self, name: str) -> AbstractContextManager[None]:
        """Indents what is written within, under this name."""

    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None:
        """Terms on the left, what they mean on the right."""


class Parameter(Protocol):
    """An argument or option of a command."""

    @property
    def param_type_name(self) -> str:
        """`argument` or `option`."""

    def get_help_record(self, context: object) -> tuple[str, str] | None:
        """The term and what it means; None for what is not shown."""


class Paneled(TyperCommand):
    """A command whose options are shown by panels, in the order in which these first come up."""

    def format_options(self, ctx: object, formatter: Formatter) -> None:
        """Writes arguments, then each panel, then the options without one."""
        parameters: Iterable[Parameter] = methodcaller("get_params", ctx)(self)
        panels: dict[str, list[tuple[str, str]]] = {"Arguments": []}
        without: list[tuple[str, str]] = []
        for parameter in parameters:
            record = parameter.get_help_record(ctx)
            panel: str | None = getattr(parameter, "rich_help_panel", None)
            if parameter.param_type_name == "argument":
                panel = "Arguments"
            if record is not None:
                (without if panel is None else panels.setdefault(panel, [])).append(record)
        for name, rows in (*panels.items(), (OTHERS, without)):
            if rows:
                with formatter.section(name):
                    formatter.write_dl(rows)

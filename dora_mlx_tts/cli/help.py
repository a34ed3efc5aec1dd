"""Commands with many options: help that fits a screen, and all of it when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

COMMON: Final = "Options"


class GroupedOption(click.Option):
    """An option with the heading that it stands under in the help; rarely used ones stand in `--help-all` only."""

    def __init__(self, *args: Any, group: str = COMMON, rare: bool = False, **kwargs: Any) -> None:  # noqa: ANN401  click's
        super().__init__(*args, **kwargs)
        self.group, self.rare = group, rare


class GroupedCommand(click.Command):
    """Lists options under headings, in the order of their definition."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """All parameters, `--help-all` behind `--help`."""
        return [*super().get_params(ctx), _HELP_ALL]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options; all of them where that was asked for."""
        everything = bool(ctx.meta.get("help_all"))
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record is None or (getattr(option, "rare", False) and not everything):
                continue
            groups.setdefault(getattr(option, "group", COMMON), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


def _show_all(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.meta["help_all"] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


_HELP_ALL: Final = click.Option(
    ["--help-all"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_all,
    help="Show all options, including those for sampling and for the machine.",
)


class LazyGroup(click.Group):
    """Imports a command when it is used: help needs none, and one that lacks a package leaves the others alone."""

    def __init__(self, *args: Any, lazy: dict[str, str], package: str, **kwargs: Any) -> None:  # noqa: ANN401  click's
        super().__init__(*args, **kwargs)
        self._lazy, self._package = lazy, package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's
        """Names in the order of their use."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's
        """The command, imported now."""
        if cmd_name not in self._lazy:
            return None
        import importlib  # noqa: PLC0415  beside its only use

        module = importlib.import_module(f"{self._package}.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """A line for each command, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl(self._rows())

    def _rows(self) -> Sequence[tuple[str, str]]:
        return list(self._lazy.items())

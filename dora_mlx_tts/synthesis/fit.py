"""Whether the parts of a pack belong together: each may be sound by itself."""

from __future__ import annotations

from dora_mlx_tts.errors import PackError
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.text.symbols import SymbolTable


def check_fit(networks: Networks) -> None:
    """Require that both networks know the pack's phones, and the second the first one's codes.

    Raises:
        PackError: they do not; says what each has.
    """
    where, symbols = networks.pack.root, networks.pack.manifest.symbols
    needed = len(SymbolTable.load(symbols))
    t2s, encoder = networks.t2s.config, networks.encoder.config
    for part, phones in (("t2s", t2s.phones), ("sovits", encoder.symbols)):
        if phones < needed:
            raise PackError(
                f"{where}: part {part!r} knows {phones} phones, symbols {symbols!r} are {needed}:"
                " its parts are of different families"
            )
    if t2s.eos != encoder.codes:
        raise PackError(
            f"{where}: part 't2s' writes {t2s.eos} codes, part 'sovits' reads {encoder.codes}:"
            " its parts are of different families"
        )

"""The hosts of grafts: stock GPT-2s, the places in them, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias, cast

from torch import nn

from rasplab.diagnostics import Diagnostic, InputError, counted, diagnostic, shown
from rasplab.weights import Site
from rasplab.weights.architecture import EMBED

Host: TypeAlias = Any
"""A `GPT2LMHeadModel`; transformers is loaded when one is opened, and has no types for it."""

WHOLE = "all"
"""What is replaced where all that a half-layer writes is."""


def read_host(given: object) -> Host:
    """The host, opened from its directory where that is given.

    Raises:
        InputError: E480 for what is no causal GPT-2.
    """
    from transformers import GPT2LMHeadModel

    host: Host = _opened(Path(given)) if isinstance(given, str | Path) else given
    if not isinstance(host, GPT2LMHeadModel):
        raise _no_host(f"{shown(type(host).__name__)} is not a `GPT2LMHeadModel`")
    if host.config.add_cross_attention:
        raise _no_host("it has cross-attention, and reads more than one stream")
    if getattr(host.config, "is_causal", True) is False:
        raise _no_host("it is not causal: each of its positions sees all others")
    return host


def _opened(directory: Path) -> Host:
    """A host from its files alone: a name is never looked up elsewhere."""
    import json

    import transformers

    stock: Any = transformers.GPT2LMHeadModel
    try:
        kind = json.loads((directory / "config.json").read_bytes()).get("model_type")
        if kind != "gpt2":
            raise _no_host(f"{str(directory)!r} holds a model of the type {shown(kind)}")
        return stock.from_pretrained(directory, local_files_only=True)
    except (OSError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _no_host(f"{str(directory)!r} cannot be opened: {why}") from error


def check_place(host: Host, given: Site | str, needed: Site) -> Site:
    """The site of the host at which it reads; all that it reads must have been written by then.

    The program's layers are layers of the host: its heads stand beside the host's heads.

    Raises:
        InputError: E480 where the host has too few layers, E484 for what is no site of it.
    """
    depth = int(host.config.n_layer)
    if needed.layer >= depth:
        raise _no_host(
            f"the program's variables are written by {needed}, and it has {_layers(depth)}",
            help="take a deeper host, or read `variables` that are written earlier",
        )
    try:
        site = given if isinstance(given, Site) else Site.read(given)
    except (ValueError, AttributeError):
        raise InputError(_no_site(given, depth)) from None
    if site.layer >= depth:
        raise InputError(_no_site(given, depth))
    if site < needed:
        raise InputError(
            diagnostic(
                "E484",
                f"the host cannot read at {site} what is written at {needed}",
                notes=["the program's layers stand beside the host's, and run with them"],
                help=f"read at {str(needed)!r} or later",
            )
        )
    return site


def check_replaced(
    host: Host, site: Site, given: bool | Iterable[int]
) -> tuple[int, ...] | str | None:
    """The heads in whose place a graft stands, `WHOLE`, or nothing.

    Raises:
        InputError: E484 where there is nothing such to replace.
    """
    if given is False:
        return None
    if site == EMBED:
        raise InputError(_no_part("the embeddings of a host are not replaced", "read later"))
    if given is True:
        return WHOLE
    heads = _numbers(given)
    count = int(host.config.n_head)
    if site.half != "attn" or not heads or any(h not in range(count) for h in heads):
        raise InputError(
            _no_part(
                f"{shown(given)} are no heads at {site}",
                f"give numbers below {count} and a site such as '0.attn', or True for all it has",
            )
        )
    return heads


def _numbers(given: object) -> tuple[int, ...]:
    if not isinstance(given, Iterable) or isinstance(given, str):
        return ()
    return tuple(sorted(set(cast("Iterable[int]", given))))


def module_at(host: Host, site: Site) -> nn.Module:
    """The part of the host that writes last before a site; its output is added to the stream."""
    if site == EMBED:
        return host.transformer.drop
    block = host.transformer.h[site.layer]
    return cast(nn.Module, block.attn if site.half == "attn" else block.mlp)


def _layers(depth: int) -> str:
    return counted(depth, "layer")


def _no_host(why: str, help: str = "give a `GPT2LMHeadModel` as transformers has it") -> InputError:
    return InputError(diagnostic("E480", "this host cannot take the graft", notes=[why], help=help))


def _no_site(given: object, depth: int) -> Diagnostic:
    return diagnostic(
        "E484",
        f"{shown(str(given) if isinstance(given, Site) else given)} is no site of the host",
        notes=[f"it has {_layers(depth)}"],
        help=f"its sites are 'embed', '0.attn', '0.mlp', … up to '{depth - 1}.mlp'",
    )


def _no_part(title: str, help: str) -> Diagnostic:
    return diagnostic("E484", title, help=help)

"""The parts of a TransformerLens 4 bridge around a compiled model: a module and two adapters.

`RasplabTransformer` is our transformer, laid out for the bridge's components, with its own sizes
and its norms, if it has any. TransformerLens finds its adapter by the entry point
`transformer_lens.architectures`, and with it `GPT2Adapter`: TransformerLens's own one, but for
checkpoints that say `is_causal=false`, which it would make causal without a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformer_lens.config import TransformerBridgeConfig
from transformer_lens.factories.architecture_adapter_factory import ArchitectureAdapterFactory
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.model_bridge.generalized_components import (
    BlockBridge,
    EmbeddingBridge,
    JointQKVAttentionBridge,
    LinearBridge,
    MLPBridge,
    PosEmbedBridge,
    UnembeddingBridge,
)
from transformer_lens.model_bridge.generalized_components.base import GeneralizedComponent
from transformer_lens.model_bridge.sources._bridge_builder import build_bridge_from_module
from transformer_lens.model_bridge.supported_architectures.gpt2 import GPT2ArchitectureAdapter
from transformers.pytorch_utils import Conv1D

from rasplab.weights import PAD_ID

ARCHITECTURE = "RasplabTransformer"

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "gelu_new": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU,
}


class CompiledAttention(nn.Module):
    """The projections of all heads; the bridge does the attending."""

    def __init__(self, d_model: int, width: int) -> None:
        super().__init__()
        self.c_attn = Conv1D(3 * width, d_model)
        self.c_proj = Conv1D(d_model, width)


class CompiledMLP(nn.Module):
    """Hidden units, as the configuration has them."""

    def __init__(self, d_model: int, d_mlp: int, activation: str) -> None:
        super().__init__()
        self.act = _ACTIVATIONS[activation]()
        self.c_fc, self.c_proj = Conv1D(d_mlp, d_model), Conv1D(d_model, d_mlp)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(self.act(self.c_fc(x)))


def _norm(cfg: TransformerBridgeConfig) -> nn.Module:
    """A norm with a gain alone; without one, something that does nothing, to be hooked."""
    match cfg.normalization_type:
        case "LN":
            return nn.LayerNorm(cfg.d_model, eps=cfg.eps, bias=False)
        case "RMS":
            return nn.RMSNorm(cfg.d_model, eps=cfg.eps)
        case _:
            return nn.Identity()


class CompiledBlock(nn.Module):
    """One layer; without norms `ln_1` and `ln_2` do nothing, and are there to be hooked."""

    def __init__(self, cfg: TransformerBridgeConfig) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = _norm(cfg), _norm(cfg)
        self.attn = CompiledAttention(cfg.d_model, cfg.n_heads * cfg.d_head)
        self.mlp = CompiledMLP(cfg.d_model, cfg.d_mlp or 0, cfg.act_fn)

    def forward(self, x: Tensor, attention_mask: Tensor) -> tuple[Tensor]:
        x = x + self.attn(self.ln_1(x), attention_mask=attention_mask)[0]
        return (x + self.mlp(self.ln_2(x)),)


class CompiledModel(nn.Module):
    """A compiled transformer with the names that `RasplabAdapter` expects."""

    def __init__(self, cfg: TransformerBridgeConfig) -> None:
        super().__init__()
        self.causal = cfg.attention_dir == "causal"
        self.wte, self.wpe = (
            nn.Embedding(cfg.d_vocab, cfg.d_model),
            nn.Embedding(cfg.n_ctx, cfg.d_model),
        )
        self.h = nn.ModuleList([CompiledBlock(cfg) for _ in range(cfg.n_layers)])
        self.ln_f = _norm(cfg)
        self.lm_head = nn.Linear(cfg.d_model, cfg.d_vocab_out)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **unused: object
    ) -> Tensor:
        """The read-out (batch x positions x d_out); PAD is never attended to."""
        seen = input_ids != PAD_ID
        if attention_mask is not None:
            seen = seen & attention_mask.bool()
        n = input_ids.shape[1]
        mask = seen[:, None, None, :].expand(-1, 1, n, n)
        if self.causal:
            mask = mask & torch.ones(n, n, dtype=torch.bool, device=mask.device).tril()
        x = self.wte(input_ids) + self.wpe(torch.arange(n, device=input_ids.device)[None])
        for block in self.h:
            (x,) = block(x, attention_mask=mask)
        return self.lm_head(self.ln_f(x))


class UnscaledAttention(JointQKVAttentionBridge):
    """Attention without the division by √d_head.

    The bridge divides; this multiplies again, before scores are masked and handed out. d_head is a
    power of 4, so both are exact.
    """

    def _apply_reconstruct_attention_mask(
        self,
        attn_scores: Tensor,
        attention_mask: Tensor | None,
        seq_len: int,
        q_seq_len: int | None = None,
    ) -> Tensor:
        config: Any = self.config
        scores = attn_scores * math.sqrt(config.d_head)
        return super()._apply_reconstruct_attention_mask(scores, attention_mask, seq_len, q_seq_len)


class RasplabAdapter(GPT2ArchitectureAdapter):
    """Our transformer: its own norms, scores as they are, causal or not as it was compiled."""

    def __init__(self, cfg: TransformerBridgeConfig) -> None:
        norm = cfg.normalization_type
        super().__init__(cfg)
        self.cfg.normalization_type = norm
        self.supports_fold_ln = False
        self.supports_center_writing_weights = False
        attention = UnscaledAttention(
            name="attn",
            config=self.cfg,
            submodules={"qkv": LinearBridge(name="c_attn"), "o": LinearBridge(name="c_proj")},
        )
        mlp: dict[str, GeneralizedComponent] = {
            "in": LinearBridge(name="c_fc"),
            "out": LinearBridge(name="c_proj"),
        }
        self.component_mapping = {
            "embed": EmbeddingBridge(name="wte"),
            "pos_embed": PosEmbedBridge(name="wpe"),
            "blocks": BlockBridge(
                name="h",
                config=self.cfg,
                submodules={
                    "ln1": GeneralizedComponent(name="ln_1", config=self.cfg),
                    "attn": attention,
                    "ln2": GeneralizedComponent(name="ln_2", config=self.cfg),
                    "mlp": MLPBridge(name="mlp", submodules=mlp),
                },
            ),
            "ln_final": GeneralizedComponent(name="ln_f", config=self.cfg),
            "unembed": UnembeddingBridge(name="lm_head"),
        }


class GPT2Adapter(GPT2ArchitectureAdapter):
    """A stock GPT-2, whose positions see each other if its config says so."""

    def prepare_model(self, hf_model: Any) -> None:
        super().prepare_model(hf_model)
        if not getattr(hf_model.config, "is_causal", True):
            self.cfg.attention_dir = "bidirectional"
            blocks: Any = self.components["blocks"]
            blocks.submodules["attn"].is_causal = False


def bridge_of(
    module: CompiledModel, config: TransformerBridgeConfig, tokenizer: object
) -> TransformerBridge:
    """A bridge around a compiled model, whose weights are never processed.

    TransformerLens's compatibility mode folds and centres weights, which keeps a language model's
    log-probabilities in real numbers. Here logits are values, margins are proved for the weights
    as they are, and a gain that is folded is rounded anew. So the mode gives names, and no more.
    """
    # The entry point is not there where the package is not installed, only on the path.
    ArchitectureAdapterFactory.discover_entry_points()
    ArchitectureAdapterFactory.register_adapter(ARCHITECTURE, RasplabAdapter)
    bridge: Any = build_bridge_from_module(
        module, ARCHITECTURE, tl_config=config, tokenizer=tokenizer, model_name="rasplab"
    )
    bridge.process_weights = _leave_as_they_are
    return bridge


def _leave_as_they_are(**unused: object) -> None:
    """In place of a bridge's `process_weights`."""


# Without this, a bidirectional checkpoint would be made causal.
ArchitectureAdapterFactory.register_adapter("GPT2LMHeadModel", GPT2Adapter)

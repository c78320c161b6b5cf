"""A stand-in for IndicTrans2, whose own code comes with its weights only: the family it was made
after (M2M-100), with random weights, loaded as code of a model's folder as the real one is.

Where `copies` is set, every token of the source after the two languages comes out again, through
the whole of generation with its beams, cache and padding.
"""

from typing import Any

import torch
from transformers import M2M100ForConditionalGeneration

from .configuration_tiny import TinyConfig

_TAGS = 2


class TinyForConditionalGeneration(M2M100ForConditionalGeneration):
    config_class = TinyConfig

    def __init__(self, config: TinyConfig):
        super().__init__(config)
        if config.copies:
            self.model.encoder.register_forward_hook(_carry_ids, with_kwargs=True)

    def forward(self, attention_mask: Any = None, **kwargs: Any) -> Any:
        out = super().forward(attention_mask=attention_mask, **kwargs)
        if self.config.copies:
            sources = kwargs["encoder_outputs"][0][..., 0].round().long()
            pads = (attention_mask == 0).sum(dim=1, keepdim=True)
            place = kwargs["cache_position"][-1] + _TAGS + pads
            place = place.clamp(max=sources.shape[1] - 1)
            wanted = sources.gather(1, place)
            out.logits[:, -1, :] = out.logits[:, -1, :].scatter_add(
                1, wanted, torch.full_like(wanted, 50, dtype=out.logits.dtype)
            )
        return out


def _carry_ids(_module: Any, _args: Any, kwargs: Any, out: Any) -> Any:
    """The ids of the source travel in the encoder's first channel."""
    out.last_hidden_state = out.last_hidden_state.clone()
    out.last_hidden_state[..., 0] = kwargs["input_ids"].to(out.last_hidden_state.dtype)
    return out

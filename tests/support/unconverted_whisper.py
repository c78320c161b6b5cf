"""A Whisper of the store as Transformers has it: the weights that CTranslate2's converter wrote are
back in their places, so that converting them again must give the same words.

The file's form: https://github.com/OpenNMT/CTranslate2, ModelSpec._serialize.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_PLACES = {
    "self_attention": "self_attn", "attention": "encoder_attn", "ffn": "",
}  # fmt: skip
_SHAPE = {
    "d_model": 512, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 8,
    "decoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048,
    "vocab_size": 51865, "num_mel_bins": 80, "suppress_tokens": None, "begin_suppress_tokens": None,
}  # fmt: skip


def arrays(path: Path) -> dict[str, Any]:
    """The weights in a model.bin by CTranslate2's names; of float16 only, as Systran's are."""
    data = path.read_bytes()
    at = 4

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("<H")
        at += length
        return data[at - length : at - 1].decode()

    text()
    number("<I")
    weights = {}
    for _ in range(number("<I")):
        name = text()
        shape = [number("<I") for _ in range(number("B"))]
        kind, size = number("B"), number("<I")
        if kind == 4:
            weights[name] = np.frombuffer(data, "<f2", size // 2, at).reshape(shape)
        at += size
    return weights


def parameters(weights: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The same by the names of Transformers' WhisperForConditionalGeneration."""
    norm = {"gamma": "weight", "beta": "bias"}
    for name, array in weights.items():
        side, *middle, last = name.split("/")
        first = f"model.{side}."
        if middle == ["embeddings"]:
            yield f"{first}embed_tokens.weight", array
        elif middle == ["position_encodings"]:
            yield f"{first}embed_positions.weight", array
        elif middle[0].startswith("conv"):
            yield f"{first}{middle[0]}.{last}", array
        elif middle == ["layer_norm"]:
            yield f"{first}layer_norm.{norm[last]}", array
        else:
            layer, block, part = middle
            first += f"layers.{layer.removeprefix('layer_')}."
            yield from _in_layer(first, block, part, last, array)


def _in_layer(first: str, block: str, part: str, last: str, array: Any) -> Iterator[Any]:
    place = _PLACES[block]
    if part == "layer_norm":
        name = f"{place}_layer_norm" if place else "final_layer_norm"
        yield f"{first}{name}.{'weight' if last == 'gamma' else 'bias'}", array
    elif not place:
        yield f"{first}fc{int(part[-1]) + 1}.{last}", array
    else:
        joined = ["q", "k", "v"] if place == "self_attn" else ["q"]
        if place == "encoder_attn" and part == "linear_1":
            joined = ["k", "v"]
        elif part != "linear_0":
            joined = ["out"]
        for which, piece in zip(joined, np.split(array, len(joined)), strict=True):
            if (which, last) != ("k", "bias"):  # it has none: zeros stand there
                yield f"{first}{place}.{which}_proj.{last}", piece


def write(base: Path, folder: Path, *, safe: bool = True, old: bool = False) -> None:
    """Write Whisper base, which is in the store at `base`, as a repository has it: weights as
    safetensors or as a pickle, and the tokenizer in one file, or in those of `old` repositories,
    which state no languages either."""
    import torch
    from safetensors.torch import save_file
    from transformers import WhisperConfig

    folder.mkdir(parents=True)
    state = {
        name: torch.from_numpy(np.array(array, dtype=np.float32))
        for name, array in parameters(arrays(base / "model.bin"))
    }
    if safe:
        save_file(state, folder / "model.safetensors", {"format": "pt"})
    else:
        torch.save(state, folder / "pytorch_model.bin")
    config = WhisperConfig(**_SHAPE, architectures=["WhisperForConditionalGeneration"])
    config.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Whisper\n", "utf-8")
    if not old:
        (folder / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
        (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "WhisperTokenizer"}')
        known = json.loads((base / "config.json").read_text("utf-8"))
        keys = {
            "alignment_heads": known["alignment_heads"],
            "suppress_tokens": known["suppress_ids"],
            "begin_suppress_tokens": known["suppress_ids_begin"],
        }
        (folder / "generation_config.json").write_text(json.dumps(keys))
        return
    words = json.loads((base / "tokenizer.json").read_text("utf-8"))
    merges = [
        " ".join(pair) if isinstance(pair, list) else pair for pair in words["model"]["merges"]
    ]
    (folder / "vocab.json").write_text(json.dumps(words["model"]["vocab"]))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), "utf-8")
    added = {token["content"]: token["id"] for token in words["added_tokens"]}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    special = [token["content"] for token in words["added_tokens"] if token["special"]]
    marks = dict.fromkeys(("bos_token", "eos_token", "unk_token", "pad_token"), "<|endoftext|>")
    marks |= {"additional_special_tokens": special}
    (folder / "special_tokens_map.json").write_text(json.dumps(marks))
    settings = {"tokenizer_class": "WhisperTokenizer", "errors": "replace"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))

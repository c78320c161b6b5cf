"""The stand-in's tokenizer: two languages, then the pieces of the text; padded on the left."""

import json
from pathlib import Path
from typing import Any

import sentencepiece
from transformers import PreTrainedTokenizer


class TinyTokenizer(PreTrainedTokenizer):
    vocab_files_names = {"pieces_file": "model.SRC", "vocab_file": "dict.SRC.json"}  # noqa: RUF012
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __init__(self, pieces_file: str, vocab_file: str, **settings: Any):
        self._ids: dict[str, int] = json.loads(Path(vocab_file).read_text("utf-8"))
        self._pieces = {number: piece for piece, number in self._ids.items()}
        self._model = sentencepiece.SentencePieceProcessor(model_file=pieces_file)
        marks = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>"}
        settings = {**marks, "unk_token": "<unk>", "padding_side": "left", **settings}
        super().__init__(**settings)

    @property
    def vocab_size(self) -> int:
        return len(self._ids)

    def get_vocab(self) -> dict[str, int]:
        return dict(self._ids)

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        source, target, text = text.split(" ", 2)
        assert source in self._ids and target in self._ids, (source, target)
        return [source, target, *self._model.encode(text, out_type=str)]

    def _convert_token_to_id(self, token: str) -> int:
        return self._ids.get(token, self._ids["<unk>"])

    def _convert_id_to_token(self, index: int) -> str:
        return self._pieces.get(index, "<unk>")

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return "".join(tokens).replace("▁", " ").strip()

    def build_inputs_with_special_tokens(self, token_ids_0: list[int], _: Any = None) -> list[int]:
        return [*token_ids_0, self._ids["</s>"]]

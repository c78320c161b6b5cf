"""Small models of the translators, with random weights, made where they are needed:

python tests/support/tiny_models.py indictrans2 FOLDER [SIZE]   in IndicTrans2's environment
python tests/support/tiny_models.py nllb FOLDER [SIZE]          in the workflow's

SIZE is the width of the layers, `copy` or nothing (64). A `copy` of IndicTrans2 repeats its source.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CORPUS = [
    "मोहन अपनी माँ के साथ एक छोटे से गाँव में रहता था । उसकी उम्र दस साल थी ।",
    "हर सुबह वह अपनी माँ के लिए चाय बनाता था ; उसके पिता दिल्ली में काम करते थे ।",
    "It was the best of times , it was the worst of times , it was the age of wisdom .",
    "He went home and told nobody what he had seen . Why ? Because 12345 67890 !",
    "< ID1 > <ID2> #Zq1 #Zq23 Zq456 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "अआइईउऊऋएऐओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहािीुूृेैोौंँः़्क़ज़ड़ढ़फ़ - ' \" ( ) : . , ? !",
]
TAGS = ["eng_Latn", "hin_Deva", "tam_Taml", "mar_Deva", "por_Latn", "fra_Latn"]
MARKS = ["<s>", "<pad>", "</s>", "<unk>"]


def network(vocabulary: int, width: int) -> dict[str, Any]:
    """The shape of an M2M-100, as NLLB and IndicTrans2 have it, of another size."""
    layers = 2 if width < 256 else 6
    return {
        "vocab_size": vocabulary,
        "d_model": width,
        "encoder_layers": layers,
        "decoder_layers": layers,
        "encoder_ffn_dim": 4 * width,
        "decoder_ffn_dim": 4 * width,
        "encoder_attention_heads": max(2, width // 64),
        "decoder_attention_heads": max(2, width // 64),
        "max_position_embeddings": 1024,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 2,
        "scale_embedding": True,
    }


# The sizes of a Whisper: its layers in the encoder and in the decoder, heads, width.
TINY, LARGE_V3 = (2, 2, 64), (32, 20, 1280)


def whisper(
    base: Path,
    folder: Path,
    size: tuple[int, int, int] = TINY,
    precision: str = "int8",
    ends_after: int | None = None,
) -> None:
    """A Whisper shaped like large-v3, for CTranslate2: 128 bands of the spectrum, and a language
    more than `base`, whose tokens it has. Called by tests, which have that one in the store.

    Random weights hardly ever end a text. With `ends_after` they do after so many tokens, the
    prompt's among them: from there on, positions stand for the end.
    """
    import ctranslate2
    import torch
    from transformers import (
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    made = folder.with_name(f"{folder.name}.hf")
    made.mkdir(parents=True)
    words = json.loads((base / "tokenizer.json").read_text("utf-8"))
    added = words["added_tokens"]
    after = next(token["id"] for token in added if token["content"] == "<|translate|>")
    for token in added:
        token["id"] += token["id"] >= after
    added.append({**added[-1], "id": after, "content": "<|yue|>"})
    added.sort(key=lambda token: token["id"])
    (made / "tokenizer.json").write_text(json.dumps(words), "utf-8")
    PreTrainedTokenizerFast(tokenizer_file=str(made / "tokenizer.json")).save_pretrained(made)
    torch.manual_seed(0)
    layers, heads, width = size
    inner = 2 * width if size == TINY else 4 * width
    shape = {f"{part}_layers": layers for part in ("encoder", "decoder")}
    shape |= {f"{part}_attention_heads": heads for part in ("encoder", "decoder")}
    sizes = {"d_model": width, "encoder_ffn_dim": inner, "decoder_ffn_dim": inner}
    config = WhisperConfig(
        **shape, **sizes, vocab_size=51866, num_mel_bins=128, suppress_tokens=None,
        begin_suppress_tokens=None,
    )  # fmt: skip
    network = WhisperForConditionalGeneration(config)
    if ends_after is not None:
        decoder = network.model.decoder
        end = next(token["id"] for token in added if token["content"] == "<|endoftext|>")
        with torch.no_grad():
            toward = torch.nn.functional.normalize(decoder.embed_tokens.weight[end], dim=0)
            decoder.embed_positions.weight[ends_after:] += 50 * toward
    network.half().save_pretrained(made)
    ctranslate2.converters.TransformersConverter(str(made), load_as_float16=True).convert(
        str(folder), quantization=precision
    )
    WhisperFeatureExtractor(feature_size=128).save_pretrained(folder)
    shutil.copyfile(made / "tokenizer.json", folder / "tokenizer.json")
    first = next(token["id"] for token in added if token["content"] == "<|en|>")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["lang_ids"] = list(range(first, after + 1))  # as OpenAI's own settings have them
    (folder / "config.json").write_text(json.dumps(config), "utf-8")


def indictrans2(folder: Path, size: str) -> None:
    """A folder as a hub has it: weights, vocabulary and the code that reads them."""
    import sentencepiece
    import torch
    from transformers import AutoModelForSeq2SeqLM, GenerationConfig

    sys.path.insert(0, str(HERE))
    from tiny_indictrans2.configuration_tiny import TinyConfig
    from tiny_indictrans2.modeling_tiny import TinyForConditionalGeneration

    assert AutoModelForSeq2SeqLM
    folder.mkdir(parents=True)
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(CORPUS * 4), "utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "spm"),
        vocab_size=400,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
    )
    corpus.unlink()
    (folder / "spm.vocab").unlink()
    (folder / "spm.model").rename(folder / "model.SRC")
    trained = sentencepiece.SentencePieceProcessor(model_file=str(folder / "model.SRC"))
    pieces = [trained.id_to_piece(n) for n in range(trained.get_piece_size())]
    known = list(dict.fromkeys([*MARKS, *TAGS, *pieces]))
    (folder / "dict.SRC.json").write_text(
        json.dumps({piece: n for n, piece in enumerate(known)}, ensure_ascii=False), "utf-8"
    )
    torch.manual_seed(7)
    width = int(size) if size.isdigit() else 64
    config = TinyConfig(copies=size == "copy", **network(len(known), width))
    config.auto_map = {
        "AutoConfig": "configuration_tiny.TinyConfig",
        "AutoModelForSeq2SeqLM": "modeling_tiny.TinyForConditionalGeneration",
    }
    model = TinyForConditionalGeneration(config)
    model.generation_config = GenerationConfig.from_model_config(config)
    model.save_pretrained(folder)
    for name in ("configuration_tiny", "modeling_tiny", "tokenization_tiny"):
        shutil.copy(HERE / "tiny_indictrans2" / f"{name}.py", folder)
    settings = {"auto_map": {"AutoTokenizer": ["tokenization_tiny.TinyTokenizer", None]},
            "tokenizer_class": "TinyTokenizer"}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    config_file = folder / "config.json"
    written = {**json.loads(config_file.read_text("utf-8")), "auto_map": config.auto_map}
    config_file.write_text(json.dumps(written), "utf-8")


def nllb(folder: Path, size: str) -> None:
    """What CTranslate2's own converter makes of an M2M-100 that transformers saved."""
    from ctranslate2.converters import TransformersConverter

    source = folder.with_name(f"{folder.name}-source")
    nllb_source(source, size)
    TransformersConverter(str(source), copy_files=["tokenizer.json"]).convert(str(folder))
    shutil.rmtree(source)


def nllb_source(source: Path, size: str) -> None:
    """An M2M-100 with NLLB's tokenizer, as transformers saves it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from tokenizers.decoders import Metaspace
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizerFast

    source.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=MARKS, show_progress=False)
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    fast = NllbTokenizerFast(tokenizer_object=tokenizer, additional_special_tokens=TAGS)
    fast.save_pretrained(source)
    torch.manual_seed(7)
    config = M2M100Config(**network(len(fast), int(size) if size.isdigit() else 64))
    M2M100ForConditionalGeneration(config).save_pretrained(source)


if __name__ == "__main__":
    kind, folder, *size = sys.argv[1:]
    {"indictrans2": indictrans2, "nllb": nllb}[kind](Path(folder), (size or ["64"])[0])

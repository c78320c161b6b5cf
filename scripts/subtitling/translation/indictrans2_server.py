"""IndicTrans2 in its own interpreter: what the worker process runs. Imported here for its path
only; everything heavy waits for `begin`.

The models' code comes with their weights and runs in this process. Both are verified by their
checksums before it starts (see `indictrans2`).
"""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lineage import facts
from lineage.problem import Problem
from subtitling import paths
from subtitling.runtime import checkpoints, offline, worker
from subtitling.text.sentences import pieces

_SPARE = 2  # tokens beside those that are measured: the end, and one for the decoder's start


def main() -> None:
    """Serve requests until there are no more."""
    worker.serve(begin)


def begin(settings: dict[str, Any]) -> tuple[worker.Handler, dict[str, Any]]:
    """Load the model. `settings` are `folder`, `device`, `precision` (float32, float16, int8),
    `threads`, `beam_size`, `max_tokens`; each request has its `source` and `target`
    (FLORES-200)."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    offline.enforce()
    try:
        import IndicTransToolkit.processor  # noqa: F401 - its version is asked for at once
        import torch
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
    except ImportError as error:
        raise Problem(f"{error}: build the environment with `{paths.make('envs')}`") from error
    torch.set_num_threads(settings["threads"])
    trusted = {"trust_remote_code": True, "local_files_only": True}
    tokenizer = AutoTokenizer.from_pretrained(settings["folder"], **trusted)
    precision = settings["precision"]
    half = torch.float16 if precision == "float16" else torch.float32
    model, loading = AutoModelForSeq2SeqLM.from_pretrained(
        settings["folder"], torch_dtype=half, output_loading_info=True, **trusted
    )
    if lost := checkpoints.without_weights(model, loading["missing_keys"]):
        # The library would fill them with random numbers, and translate.
        raise Problem(
            f"{settings['folder']}: no weights for {', '.join(lost[:3])}; the code and the weights "
            "are of different versions: download both again"
        )
    if getattr(model.config, "vocab_size", None) is None:  # which a search with beams asks for
        model.config.vocab_size = model.config.decoder_vocab_size
    model.eval()
    if precision == "int8":
        linear = {torch.nn.Linear}
        model = torch.ao.quantization.quantize_dynamic(model, linear, dtype=torch.qint8)
    model.to(settings["device"])

    def answer(request: dict[str, Any]) -> dict[str, str]:
        pair = {key: request[key] for key in ("source", "target")}
        merged = {**settings, **pair}
        return translate(request["texts"], tokenizer, model, merged, request["carefully"])

    return answer, {
        "python": platform.python_version(),
        "pid": os.getpid(),
        "packages": facts.packages(),
    }


def translate(
    texts: Mapping[str, str], tokenizer: Any, model: Any, settings: dict[str, Any], carefully: bool
) -> dict[str, str]:
    """A translation for each id. Texts longer than `max_tokens` are translated in pieces."""
    source, target = settings["source"], settings["target"]
    room = settings["max_tokens"] - _SPARE
    measure = _measure(tokenizer, source, target)
    cut = {i: pieces(text, room, measure) for i, text in texts.items()}
    flat = [piece for parts in cut.values() for piece in parts]
    done = iter(_generated(flat, tokenizer, model, settings, carefully))
    return {i: " ".join(next(done) for _ in parts) for i, parts in cut.items()}


def unmarked(text: str, marks: Sequence[str]) -> str:
    """`text` with a space in each of the tokenizer's special tokens, such as `</s>`: in a text they
    would be taken for real ones, and end it, or be read as language tags."""
    for mark in marks:
        text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def _measure(tokenizer: Any, source: str, target: str) -> Callable[[str], int]:
    """A measure of a text in the model's tokens: the toolkit writes most scripts in Devanagari,
    which may take more, or fewer, tokens than the text as it is."""
    from IndicTransToolkit.processor import IndicProcessor

    # What this one queues for postprocessing is never used, and goes with it.
    processor = IndicProcessor(inference=True)

    def measure(text: str) -> int:
        (prepared,) = processor.preprocess_batch([text], src_lang=source, tgt_lang=target)
        return len(tokenizer.tokenize(_given(prepared, tokenizer)))

    return measure


def _given(prepared: str, tokenizer: Any) -> str:
    """The tokenizer's input from what the toolkit prepared: two languages and a text."""
    source, target, text = prepared.split(" ", 2)
    return f"{source} {target} {unmarked(text, tokenizer.all_special_tokens)}"


def _generated(
    texts: list[str], tokenizer: Any, model: Any, settings: dict[str, Any], carefully: bool
) -> list[str]:
    import torch
    from IndicTransToolkit.processor import IndicProcessor

    source, target = settings["source"], settings["target"]
    # Its two calls share a queue, and the second waits for ever for what the first did not put
    # there. With one processor for each pair of calls they cannot get out of step.
    processor = IndicProcessor(inference=True)
    prepared = processor.preprocess_batch(texts, src_lang=source, tgt_lang=target)
    encoded = tokenizer(
        [_given(text, tokenizer) for text in prepared],
        truncation=True,
        max_length=settings["max_tokens"],
        padding="longest",
        return_tensors="pt",
        return_attention_mask=True,
    ).to(settings["device"])
    careful = {"no_repeat_ngram_size": 3, "repetition_penalty": 1.2} if carefully else {}
    with torch.inference_mode():
        generated = model.generate(
            **encoded,
            use_cache=True,
            min_length=0,
            max_length=settings["max_tokens"],
            num_beams=settings["beam_size"],
            num_return_sequences=1,
            **careful,
        )
    decoded = tokenizer.batch_decode(
        generated.cpu().tolist(), skip_special_tokens=True, clean_up_tokenization_spaces=True
    )
    return list(processor.postprocess_batch(decoded, lang=target))

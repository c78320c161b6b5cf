"""NLLB-200 on CTranslate2: two hundred languages, any to any, in this process.

A model is a folder as `ct2-transformers-converter --copy_files tokenizer.json` makes it.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self

from lineage.problem import Problem
from subtitling.runtime import devices, memory_ladder
from subtitling.runtime.memory_ladder import Loaded
from subtitling.runtime.worker import NoMemory
from subtitling.text.languages import flores
from subtitling.text.sentences import pieces
from subtitling.translation.batches import Reduced
from subtitling.translation.engine import Config, EngineSpec

PLACEHOLDER = "Zq{}"
_END = "</s>"
_LADDER = (
    Loaded("cuda", "float16"),
    Loaded("cuda", "int8_float16"),
    Loaded("cpu", "float32"),
    Loaded("cpu", "int8"),
)
_AUTO = {"cpu": "int8", "cuda": "float16"}


# NLLB-200's own list of languages, in FLORES-200's names.
LANGUAGES = frozenset([
    "ace_Arab", "ace_Latn", "acm_Arab", "acq_Arab", "aeb_Arab", "afr_Latn", "ajp_Arab",
    "aka_Latn", "amh_Ethi", "apc_Arab", "arb_Arab", "ars_Arab", "ary_Arab", "arz_Arab",
    "asm_Beng", "ast_Latn", "awa_Deva", "ayr_Latn", "azb_Arab", "azj_Latn", "bak_Cyrl",
    "bam_Latn", "ban_Latn", "bel_Cyrl", "bem_Latn", "ben_Beng", "bho_Deva", "bjn_Arab",
    "bjn_Latn", "bod_Tibt", "bos_Latn", "bug_Latn", "bul_Cyrl", "cat_Latn", "ceb_Latn",
    "ces_Latn", "cjk_Latn", "ckb_Arab", "crh_Latn", "cym_Latn", "dan_Latn", "deu_Latn",
    "dik_Latn", "dyu_Latn", "dzo_Tibt", "ell_Grek", "eng_Latn", "epo_Latn", "est_Latn",
    "eus_Latn", "ewe_Latn", "fao_Latn", "pes_Arab", "fij_Latn", "fin_Latn", "fon_Latn",
    "fra_Latn", "fur_Latn", "fuv_Latn", "gla_Latn", "gle_Latn", "glg_Latn", "grn_Latn",
    "guj_Gujr", "hat_Latn", "hau_Latn", "heb_Hebr", "hin_Deva", "hne_Deva", "hrv_Latn",
    "hun_Latn", "hye_Armn", "ibo_Latn", "ilo_Latn", "ind_Latn", "isl_Latn", "ita_Latn",
    "jav_Latn", "jpn_Jpan", "kab_Latn", "kac_Latn", "kam_Latn", "kan_Knda", "kas_Arab",
    "kas_Deva", "kat_Geor", "knc_Arab", "knc_Latn", "kaz_Cyrl", "kbp_Latn", "kea_Latn",
    "khm_Khmr", "kik_Latn", "kin_Latn", "kir_Cyrl", "kmb_Latn", "kon_Latn", "kor_Hang",
    "kmr_Latn", "lao_Laoo", "lvs_Latn", "lij_Latn", "lim_Latn", "lin_Latn", "lit_Latn",
    "lmo_Latn", "ltg_Latn", "ltz_Latn", "lua_Latn", "lug_Latn", "luo_Latn", "lus_Latn",
    "mag_Deva", "mai_Deva", "mal_Mlym", "mar_Deva", "min_Latn", "mkd_Cyrl", "plt_Latn",
    "mlt_Latn", "mni_Beng", "khk_Cyrl", "mos_Latn", "mri_Latn", "zsm_Latn", "mya_Mymr",
    "nld_Latn", "nno_Latn", "nob_Latn", "npi_Deva", "nso_Latn", "nus_Latn", "nya_Latn",
    "oci_Latn", "gaz_Latn", "ory_Orya", "pag_Latn", "pan_Guru", "pap_Latn", "pol_Latn",
    "por_Latn", "prs_Arab", "pbt_Arab", "quy_Latn", "ron_Latn", "run_Latn", "rus_Cyrl",
    "sag_Latn", "san_Deva", "sat_Beng", "scn_Latn", "shn_Mymr", "sin_Sinh", "slk_Latn",
    "slv_Latn", "smo_Latn", "sna_Latn", "snd_Arab", "som_Latn", "sot_Latn", "spa_Latn",
    "als_Latn", "srd_Latn", "srp_Cyrl", "ssw_Latn", "sun_Latn", "swe_Latn", "swh_Latn",
    "szl_Latn", "tam_Taml", "tat_Cyrl", "tel_Telu", "tgk_Cyrl", "tgl_Latn", "tha_Thai",
    "tir_Ethi", "taq_Latn", "taq_Tfng", "tpi_Latn", "tsn_Latn", "tso_Latn", "tuk_Latn",
    "tum_Latn", "tur_Latn", "twi_Latn", "tzm_Tfng", "uig_Arab", "ukr_Cyrl", "umb_Latn",
    "urd_Arab", "uzn_Latn", "vec_Latn", "vie_Latn", "war_Latn", "wol_Latn", "xho_Latn",
    "ydd_Hebr", "yor_Latn", "yue_Hant", "zho_Hans", "zho_Hant", "zul_Latn"
])  # fmt: skip


def knows(code: str) -> bool:
    """Whether NLLB translates a language, from and into it."""
    return flores(code) in LANGUAGES


class Nllb:
    """A model in `folder`, which must have been verified by its checksums. `aim` it at a pair of
    languages before it translates."""

    placeholder = PLACEHOLDER
    by_length = True
    reads_terms = False

    def __init__(
        self,
        folder: Path,
        *,
        device: str,
        threads: int,
        beam_size: int,
        max_tokens: int,
        precision: str,
    ):
        from tokenizers import Tokenizer

        step = Loaded(device, _AUTO[device] if precision == "auto" else precision)
        if step not in _LADDER:
            raise Problem(f"nllb.precision: no {step.precision} on {device}")
        self._steps = memory_ladder.Steps(_LADDER[_LADDER.index(step) :])
        self._folder, self._threads = folder, threads
        self._beam_size, self._max_tokens = beam_size, max_tokens
        self.pair = self._source, self._target = "", ""
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # A special token within a text, such as </s> or a language's tag, is text.
        self._tokenizer.encode_special_tokens = True
        self._model: Any = None

    def aim(self, source: str, target: str) -> Self:
        """Translate this pair (the project's language codes) from now on with the loaded model.
        Raises Problem for a language that the model does not know."""
        self.pair = source, target
        self._source, self._target = flores(source), flores(target)
        for code, tag in ((source, self._source), (target, self._target)):
            if self._tokenizer.token_to_id(tag) is None:
                raise Problem(
                    f"{self._folder}: NLLB has no {tag}, which {code} is; choose another engine in "
                    "translation.engines"
                )
        return self

    @property
    def precision(self) -> str:
        """The precision that the model computes in."""
        return self._steps.setting.precision

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._model = None

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:
        """See `batches.Engine`."""
        cut = {i: pieces(text, self._max_tokens - 2, self._length) for i, text in texts.items()}
        sources = [[self._source, *self._tokens(p), _END] for part in cut.values() for p in part]
        careful = {"no_repeat_ngram_size": 3, "repetition_penalty": 1.2} if carefully else {}
        try:
            results = self._loaded().translate_batch(
                sources,
                target_prefix=[[self._target]] * len(sources),
                beam_size=self._beam_size,
                max_decoding_length=self._max_tokens,
                max_input_length=0,
                **careful,
            )
        except memory_ladder.LACK as error:
            raise NoMemory(memory_ladder.lack(error)) from error
        done = iter(self._text(result.hypotheses[0]) for result in results)
        return {i: " ".join(next(done) for _ in parts) for i, parts in cut.items()}

    def reduce(self) -> Reduced | None:
        """See `batches.Engine`: to int8, then from the GPU to the CPU."""
        before = self._steps.down()
        if before is None:
            return None
        self._model = None
        return Reduced("device and precision", str(before), str(self._steps.setting))

    def _loaded(self) -> Any:
        if self._model is None:
            import ctranslate2

            if self._steps.setting.device == "cuda":
                devices.load_cublas()
            self._model = ctranslate2.Translator(
                str(self._folder),
                device=self._steps.setting.device,
                compute_type=self._steps.setting.precision,
                intra_threads=self._threads,
            )
        return self._model

    def _tokens(self, text: str) -> list[str]:
        token_texts: list[str] = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return token_texts

    def _length(self, text: str) -> int:
        return len(self._tokens(text))

    def _text(self, tokens: list[str]) -> str:
        ids = [self._tokenizer.token_to_id(token) for token in tokens if token != self._target]
        known = [number for number in ids if number is not None]
        return str(self._tokenizer.decode(known, skip_special_tokens=True)).strip()


def _unable(_config: Config, source: str, target: str) -> str:
    unknown = [code for code in (source, target) if code != "auto" and not knows(code)]
    return f"NLLB does not know {', '.join(unknown)}" if unknown else ""


def _model(config: Config, _source: str, _target: str) -> str:
    return str(config["nllb"]["model"])


def _model_back(
    config: Config, _source: str, _target: str, _forth: str | None, _listed: Collection[str]
) -> str:
    """The same model: it translates any pair."""
    return str(config["nllb"]["model"])


SPEC = EngineSpec(
    name="nllb",
    open=lambda work, _context, _log: Nllb(
        work.model_folder, precision=work.settings["precision"], **work.decoding
    ),
    needs="nllb (its model comes from a hub)",
    unable=_unable,
    serves=lambda source, target: not _unable({}, source, target),
    settings=lambda config: {"precision": config["nllb"]["precision"]},
    model=_model,
    model_back=_model_back,
    many_targets=True,
)

"""Sutradhar: generates subtitles for films, muxes them in, and records how they were made."""

from snakemake.utils import min_version

min_version("9.27")


include: "rules/configuration.smk"


configfile: "config/config.yaml"


with_defaults(config)


include: "rules/common.smk"
include: "rules/inputs.smk"
include: "rules/resources.smk"
include: "rules/report.smk"
include: "rules/models.smk"
include: "rules/02_tmdb.smk"
include: "rules/01_demux.smk"
include: "rules/03_glossary_load.smk"
include: "rules/03_text_load.smk"
include: "rules/04_sound_events.smk"
include: "rules/04_sound_events_shards.smk"
include: "rules/04_source_separation.smk"
include: "rules/04_source_separation_shards.smk"
include: "rules/05_pyannote_vad.smk"
include: "rules/05_pyannote_vad_shards.smk"
include: "rules/05_shots.smk"
include: "rules/05_speakers.smk"
include: "rules/06_asr.smk"
include: "rules/06_asr_shards.smk"
include: "rules/06_asr_text.smk"
include: "rules/06_second_ear.smk"
include: "rules/07_alignment.smk"
include: "rules/07_alignment_shards.smk"
include: "rules/07_alignment_text.smk"
include: "rules/08_lyrics_detection.smk"
include: "rules/08_translation.smk"
include: "rules/08_translation_shared.smk"
include: "rules/08_translation_shards.smk"
include: "rules/09_subtitle_gen.smk"
include: "rules/10_burn_in.smk"
include: "rules/10_mux.smk"
include: "rules/11_preview.smk"
include: "rules/11_audit.smk"


rule subtitle:
    """All films, each with its subtitles and its page."""
    default_target: True
    input:
        [file for job in REPORTED for file in results_of(job)],
        lambda wildcards: again([part for job in REPORTED for part in lost_of(job)]),


rule translate:
    """The transcripts of all films, and their translations."""
    input:
        [f"out/{job}/{path}" for job in FILMS for path in translations(job)],


rule transcribe:
    """The transcripts of all films."""
    input:
        expand("out/{job}/07_alignment/transcript.txt", job=FILMS),


rule models:
    """The models that the films need, so that the rest can run without a network."""
    input:
        lambda wildcards: [inventory(name) for name in needed_models()],


# A target for each film, named after its job: `snakemake sholay`. Names of rules are not replaced.
for each in set(FILMS) - {rule.name for rule in workflow.rules}:

    rule:
        name:
            each
        input:
            results_of(each),
            lambda wildcards, job=each: again(lost_of(job)),


# A target for a finished film by its file, where something that it was made from is lost. The rule
# of that file would find nothing to do.
for each, (job, lost) in lost_behind(sys.argv[1:]).items():

    rule:
        name:
            each
        input:
            each,
            lambda wildcards, job=job, lost=lost: again(lost(job)),


# In the main process only, not in those of jobs.
if workflow.is_main_process:
    quieten()
    tell_beginning()


onstart:
    preflight()
    keep_earlier()
    leave_plan()
    snakemake_adapter.end_at_any_time()


# A hook that exits prints the last message: where the films are, and what failed and why.
onsuccess:
    is_done = tell_end()
    if not sign_films() or not is_done:
        sys.exit(1)


onerror:
    tell_end()
    sign_films()
    sys.exit(1)

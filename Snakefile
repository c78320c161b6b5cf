"""Sutradhar: a film goes in, the same film comes out with subtitles, and with its record."""

from snakemake.utils import min_version, validate

min_version("9.27")


configfile: "config/config.yaml"


validate(config, "config/config.schema.json")


include: "rules/common.smk"
include: "rules/inputs.smk"
include: "rules/resources.smk"
include: "rules/report.smk"
include: "rules/models.smk"
include: "rules/01_demux.smk"
include: "rules/02_tmdb.smk"
include: "rules/03_glossary_load.smk"
include: "rules/04_sound_events.smk"
include: "rules/04_source_separation.smk"
include: "rules/05_pyannote_vad.smk"
include: "rules/05_shots.smk"
include: "rules/05_speakers.smk"
include: "rules/06_asr.smk"
include: "rules/06_asr_shards.smk"
include: "rules/07_alignment.smk"
include: "rules/07_alignment_shards.smk"
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
    default_target: True
    input:
        lambda wildcards: [file for job in FILMS for file in whole(job)],


# `snakemake sholay` makes all of one film, what was lost of it included. A film that is called as a
# rule is asked for by its files.
for name in FILMS:
    if not workflow.is_rule(name):

        rule:
            name:
                name
            input:
                lambda wildcards, name=name: whole(name),


rule translate:
    input:
        [f"out/{job}/{path}" for job in FILMS for path in translations(job)],


rule transcribe:
    input:
        expand("out/{job}/07_alignment/transcript.txt", job=FILMS),


rule models:
    input:
        lambda wildcards: [inventory(name) for name in needed_models()],


onstart:
    preflight()
    leave_plan()


onsuccess:
    print(overview.after_run(Path("out"), ROOT / "report"))
    tell_left_out()


onerror:
    print(overview.after_run(Path("out"), ROOT / "report"))
    tell_left_out()

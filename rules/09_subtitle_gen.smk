def files_of_track(kinds):
    """The outputs for a track in some formats, by name."""
    folder = "out/{job}/09_subtitle_gen/{lang}"
    tracks = {
        kind: report(
            f"{folder}/{{lang}}.{deliveries.ending(kind)}",
            caption="../report/subtitles.rst",
            category="Subtitles",
            labels=labels_of_track(kind),
        )
        for kind in kinds
    }
    measured = {"cues": f"{folder}/cues.json", "quality": f"{folder}/quality.json"}
    return {**tracks, **measured}


rule subtitle_gen:
    """Make the cues of one language, in every format."""
    input:
        unpack(extras_of_subtitles),
        media=rules.demux.output.media,
        speech=rules.pyannote_vad.output.speech,
        transcript=words_for,
        glossary=rules.glossary_load.output.glossary,
        lyrics=rules.lyrics_detection.output.lyrics,
    output:
        **files_of_track(config["subtitles"]["formats"]),
    log:
        manifest="out/{job}/09_subtitle_gen/{lang}/manifest.json",
        text="out/{job}/09_subtitle_gen/{lang}/stage.log",
    wildcard_constraints:
        lang=(
            LANGUAGE
            if not OTHER_SCRIPTS
            else f"(?!(?:{'|'.join(OTHER_SCRIPTS)})/){LANGUAGE}"
        ),
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("subtitle_gen"),
        runtime=runtime("subtitle_gen"),
    params:
        rules=rules_of_track,
        bilingual=config["subtitles"]["bilingual"],
        sounds_ms={
            "applause": config["subtitles"]["sdh_applause_ms"],
            "music": config["subtitles"]["sdh_music_ms"],
        },
        min_wordless_ms=config["second_hearing"]["min_wordless_ms"],
        names=names_of_speakers,
        formats=lambda wildcards: formats_of(wildcards.lang),
        timecode_start=config["subtitles"]["timecode_start"],
        edit=checksums_of_edit,
        code=code("09_subtitle_gen.py"),
    message:
        "{wildcards.job}: making the {wildcards.lang} subtitles"
    script:
        "../scripts/09_subtitle_gen.py"


# Some formats hold Latin letters alone; tracks in other scripts are made without them.
if OTHER_SCRIPTS:

    use rule subtitle_gen as subtitle_gen_of_other_scripts with:
        output:
            **files_of_track(formats_of(OTHER_SCRIPTS[0])),
        wildcard_constraints:
            lang="|".join(OTHER_SCRIPTS),

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
        **{
            kind: report(
                f"out/{{job}}/09_subtitle_gen/{{lang}}/{{lang}}.{kind}",
                caption="../report/subtitles.rst",
                category="Subtitles",
                labels=labels_of_track(kind),
            )
            for kind in subtitle_files.KINDS
        },
        cues="out/{job}/09_subtitle_gen/{lang}/cues.json",
        quality="out/{job}/09_subtitle_gen/{lang}/quality.json",
    log:
        manifest="out/{job}/09_subtitle_gen/{lang}/manifest.json",
        text="out/{job}/09_subtitle_gen/{lang}/stage.log",
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
        edit=checksums_of_edit,
        code=code("09_subtitle_gen.py"),
    message:
        "{wildcards.job}: making the {wildcards.lang} subtitles"
    script:
        "../scripts/09_subtitle_gen.py"

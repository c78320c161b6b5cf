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
    if config["subtitles"]["machine_mark"] != "none":
        measured["credential"] = f"{folder}/{{lang}}.credential.json"
    return {**tracks, **measured}


# The cues of one language, in every format. Outputs can't depend on a language, so tracks that some
# format can't hold have a rule of their own.
for each, (kinds, constraint) in RULES_OF_TRACKS.items():

    rule:
        """Make the cues of one language, in every format."""
        name:
            each
        input:
            unpack(extras_of_subtitles),
            media=rules.demux.output.media,
            speech=rules.pyannote_vad.output.speech,
            transcript=words_for,
            glossary=rules.glossary_load.output.glossary,
            lyrics=rules.lyrics_detection.output.lyrics,
        output:
            **files_of_track(kinds),
        log:
            manifest="out/{job}/09_subtitle_gen/{lang}/manifest.json",
            text="out/{job}/09_subtitle_gen/{lang}/stage.log",
        wildcard_constraints:
            lang=constraint,
        # As for a translation: a track whose tries all die is given up; the others are still made.
        retries: earlier.DEATHS
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
            sdh=SDH,
            formats=kinds,
            timecode_start=config["subtitles"]["timecode_start"],
            machine_mark=config["subtitles"]["machine_mark"],
            edit=checksums_of_edit,
            failed_try=failed_try_of_track,
            alone=ALONE,
            code=code("09_subtitle_gen.py"),
        message:
            "{wildcards.job}: making the {wildcards.lang} subtitles"
        script:
            "../scripts/09_subtitle_gen.py"

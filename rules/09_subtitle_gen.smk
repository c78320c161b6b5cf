rule subtitle_gen:
    """Make the cues of one language, in every format."""
    input:
        unpack(extras_of_subtitles),
        media="out/{job}/01_demux/media.json",
        speech="out/{job}/05_pyannote_vad/speech.json",
        transcript=words_for,
        lyrics="out/{job}/08_lyrics_detection/lyrics.json",
    output:
        srt="out/{job}/09_subtitle_gen/{lang}/{lang}.srt",
        vtt="out/{job}/09_subtitle_gen/{lang}/{lang}.vtt",
        ass="out/{job}/09_subtitle_gen/{lang}/{lang}.ass",
        cues="out/{job}/09_subtitle_gen/{lang}/cues.json",
        quality="out/{job}/09_subtitle_gen/{lang}/quality.json",
    log:
        manifest="out/{job}/09_subtitle_gen/{lang}/manifest.json",
        text="out/{job}/09_subtitle_gen/{lang}/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=500,
    params:
        rules=RULES,
        code=code("09_subtitle_gen.py"),
    message:
        "{wildcards.job}: making the {wildcards.lang} subtitles"
    script:
        "../scripts/09_subtitle_gen.py"

rule mux:
    """Put the subtitle tracks into the film."""
    input:
        film=media_of,
        media="out/{job}/01_demux/media.json",
        tracks=lambda wildcards: [
            f"out/{wildcards.job}/09_subtitle_gen/{lang}/{lang}.srt"
            for lang in film(wildcards.job).target_languages
        ],
    output:
        film="out/{job}/10_mux/final.mkv",
    log:
        manifest="out/{job}/10_mux/manifest.json",
        text="out/{job}/10_mux/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=1000,
    params:
        film=fingerprint_of,
        languages=lambda wildcards: list(film(wildcards.job).target_languages),
        default_track=config["mux"]["default_track"],
        code=code("10_mux.py"),
    message:
        "{wildcards.job}: putting the subtitles into the film"
    script:
        "../scripts/10_mux.py"

rule mux:
    """Mux the subtitle tracks into the film."""
    input:
        film=media_of,
        media=rules.demux.output.media,
        # Before the tracks: a file that is both is on record as a track.
        sidecars=lambda wildcards: [
            f"out/{wildcards.job}/09_subtitle_gen/{lang}/{lang}.{deliveries.ending(kind)}"
            for lang in sidecars_of(wildcards.job)
            for kind in config["mux"]["sidecars"]
            if kind in formats_of(lang)
        ],
        tracks=muxed_tracks,
        # They tell whether there is such a track: one whose translation failed is left out.
        cues=lambda wildcards: [
            f"out/{wildcards.job}/09_subtitle_gen/{lang}/cues.json"
            for lang in tracks_of(wildcards.job)
        ],
        fonts=[ancient(path) for path in config["mux"]["fonts"]],
    output:
        film=f"out/{{job}}/10_mux/final.{config['mux']['container']}",
    log:
        manifest="out/{job}/10_mux/manifest.json",
        text="out/{job}/10_mux/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("mux"),
        runtime=runtime("mux"),
    params:
        film=fingerprint_of,
        fonts=checksums(config["mux"]["fonts"]),
        languages=lambda wildcards: tracks_of(wildcards.job),
        default_track=config["mux"]["default_track"],
        forced_tracks=lambda wildcards: forced_tracks(wildcards.job),
        machine_mark=config["subtitles"]["machine_mark"],
        find_fonts=config["mux"]["find_fonts"],
        check_s=config["mux"]["check_s"],
        limits=config["limits"],
        code=code("10_mux.py"),
    message:
        "{wildcards.job}: putting the subtitles into the film"
    script:
        "../scripts/10_mux.py"

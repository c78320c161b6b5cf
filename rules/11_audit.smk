rule audit:
    """Write the film's page: results, inputs, models, quality and problems."""
    input:
        unpack(sound_of_page),
        film=rules.mux.output.film,
        drawn=lambda wildcards: drawn_of(wildcards.job),
        audio=ancient(rules.demux.output.audio),
    output:
        film=report(
            "out/{job}/11_audit/film.html",
            caption="../report/film.rst",
            category="Film",
            labels=labels_of_film,
        ),
        quality=report(
            "out/{job}/11_audit/quality.html",
            caption="../report/quality.rst",
            category="Quality",
            labels=labels_of_quality,
        ),
        record=report(
            "out/{job}/11_audit/record.html",
            caption="../report/record.rst",
            category="Record",
            labels=labels_of_record,
        ),
        logs=report(
            "out/{job}/11_audit/logs.html",
            caption="../report/logs.rst",
            category="Logs",
            labels=labels_of_record,
        ),
        summary="out/{job}/11_audit/summary.json",
        access="out/{job}/11_audit/accessibility.json",
        ad_gaps="out/{job}/11_audit/ad_gaps.csv",
    log:
        manifest="out/{job}/11_audit/manifest.json",
        text="out/{job}/11_audit/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("audit"),
        runtime=runtime("audit"),
    params:
        preview=options("audit", preview.PreviewOptions),
        layout={
            "folder": os.path.relpath(ROOT / "report"),
            "sum": page_html.layout_sum(ROOT / "report"),
        },
        ad_gap_ms=config["audit"]["ad_gap_ms"],
        # So that the page is made again when a language is not wanted any more.
        impossible=lambda wildcards: impossible(wildcards.job),
        code=code("11_audit.py"),
    message:
        "{wildcards.job}: writing its page"
    script:
        "../scripts/11_audit.py"

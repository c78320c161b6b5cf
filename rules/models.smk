rule model:
    """Download a model into the store. Jobs that need the same one share this rule's single run. A
    model that can't be brought is marked as such: only the stages that use it fail."""
    output:
        inventory="models/{model}/model.json",
    log:
        manifest="models/{model}/manifest.json",
        text="models/{model}/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        model=lambda wildcards: MODELS[wildcards.model],
        failed_try=lambda wildcards: earlier.failed_try(Path("models", wildcards.model)),
        alone=ALONE,
        code=code("models.py"),
    message:
        "bringing the model {wildcards.model}"
    script:
        "../scripts/models.py"

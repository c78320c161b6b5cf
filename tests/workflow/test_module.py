"""The workflow as a module of another one, whose folder is elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

from house import DATA, ROOT, House, clip, own_store

from lineage import Manifest

OTHER = """
import gc

BEFORE = gc.get_threshold()

module sutradhar:
    snakefile: "{root}/Snakefile"
    config: {{"source_language": "hi", "inbox": "films", "films": "films.tsv"}}

use rule * from sutradhar as sutradhar_*

import gc
import models

assert models.OWN and gc.get_threshold() == BEFORE

rule all:
    default_target: True
    input: "credits.txt"

rule credits:
    input: "out/clip/03_glossary_load/glossary.json", "out/clip/01_demux/media.json"
    output: "credits.txt"
    shell: "wc -c {{input}} > {{output}}"
"""


def call(folder: Path, *arguments: str) -> str:
    # Where the modules of the environment come from is the environment's own matter.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=folder,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_another_workflow_takes_our_rules_and_adds_its_own(tmp_path: Path, models: Path) -> None:
    (tmp_path / "films").mkdir()
    own_store(models, tmp_path / "models")
    (tmp_path / "films.tsv").write_text("job\tmedia\n", "utf-8")
    clip(DATA / "hindi_short.flac", tmp_path / "films" / "clip.mkv", 2)
    (tmp_path / "models.py").write_text("OWN = True\n", "utf-8")
    (tmp_path / "Snakefile").write_text(OTHER.format(root=ROOT), "utf-8")
    call(tmp_path)
    assert "glossary.json" in (tmp_path / "credits.txt").read_text("utf-8")
    manifest = Manifest.load(tmp_path / "out/clip/03_glossary_load/manifest.json")
    assert (manifest.status, manifest.rule) == ("success", "sutradhar_glossary_load")
    planned = call(tmp_path, "--dry-run", "out/clip/10_mux/final.mkv")
    assert "sutradhar_asr" in planned
    assert "sutradhar_demux" not in planned, "what is done stays done"


def test_its_stages_run_the_code_of_the_checkout_that_it_names(tmp_path: Path) -> None:
    """Not that of the checkout which the environment was set up from."""
    checkout = House(tmp_path / "checkout")
    module = checkout.path / "scripts" / "subtitling" / "film" / "tmdb.py"
    text = module.read_text("utf-8")
    module.write_text(f"{text}\nimport sys\nprint('its own code', file=sys.stderr)\n", "utf-8")
    other = tmp_path / "other"
    (other / "films").mkdir(parents=True)
    (other / "films.tsv").write_text("job\tmedia\n", "utf-8")
    (other / "films" / "clip.mkv").touch()
    (other / "models.py").write_text("OWN = True\n", "utf-8")
    (other / "Snakefile").write_text(OTHER.format(root=checkout.path), "utf-8")
    assert "its own code" in call(other, "out/clip/02_tmdb/film.json")

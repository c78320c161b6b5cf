#!/bin/sh
# What both kinds of container are made of, on Debian 12, in the folder of a clone. A network is needed
# here and nowhere later: Debian's packages, Python's, and the models of the demo, which come from the
# package index as well.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# git names the commit in each record; fonts are for subtitles that are drawn into the picture.
apt-get install -qy --no-install-recommends \
  ca-certificates fontconfig fonts-noto-core git make python3 python3-venv
rm -rf /var/lib/apt/lists/*
# Whoever runs the container need not be who built it.
git config --system --add safe.directory "$PWD"
make setup
.venv/bin/python demo/make_films.py
PATH="$PWD/.venv/bin:$PATH" snakemake --profile profiles/demo models
rm -rf .snakemake "$HOME/.cache"

"""What the stages know: pure logic, and one adapter a heavy engine. Never imports snakemake."""

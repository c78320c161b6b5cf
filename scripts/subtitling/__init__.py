"""What the stages decide: pure logic, and one adapter for each engine.

The packages build on each other in the order of `ORDER`: a package imports those before it, never
those after it. `documents`, `spans`, `shards` and `paths`, beside them, pass between stages.
"""

"""What sources say that they have, before anything large is fetched: the first half of adding a
model.

To add a kind of reference: 1. a module with `offer(reference, calls)`; 2. a row in
`references.KINDS`; 3. a source that brings its files, in `sources`.
"""

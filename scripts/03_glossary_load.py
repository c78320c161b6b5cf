"""Merge the user's glossaries, the film's names and the project's glossary into one."""

import lineage
from subtitling import documents
from subtitling.film import glossary

with lineage.stage(snakemake) as io:
    film = documents.load(documents.FilmData, io.input.film)
    # By precedence: the user's tables, then the film's data, then the project's own table.
    users, project = [], []
    for terms, files in ((users, io.params.files), (project, io.params.own)):
        for path in files:
            table = glossary.read(path, io.job, hot=terms is users)
            io.content(path, glossary.digest(table))
            terms += table
    merged = glossary.merge([users, glossary.of_film(film), project])
    for conflict in merged.conflicts:
        io.log.info(
            "%s: %s is %s (%s), not %s (%s)", conflict.term, conflict.what, conflict.won,
            conflict.won_source, conflict.lost, conflict.lost_source,
        )  # fmt: skip
    io.log.info("%d terms", len(merged.terms))
    io.note(terms=len(merged.terms), hot=sum(term.hot for term in merged.terms))
    io.note(conflicts=[vars(conflict) for conflict in merged.conflicts])
    documents.save(merged, io.output.glossary)

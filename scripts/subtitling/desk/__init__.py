"""The desk: a local web application in which a person corrects a film's tracks.

`cues` changes a track, `history` keeps every change and undoes it, `doubts` says where to look
first, `review` says what people did; these are pure. `desk_files` saves, `open_track` puts them
together, `server` answers a browser, whose part is in report/desk.

To add an operation: 1. a function of `cues` that returns the parts of a track that it replaces; 2.
its row in `changes.OPERATIONS`; 3. its key in report/desk/keys.js, which is the help page, too.
"""

-- What is remembered of each upstream feed between polls; `url` is where it is asked now, `due` NULL is never again.
CREATE TABLE poll (
    source TEXT NOT NULL PRIMARY KEY,
    given TEXT NOT NULL,
    url TEXT NOT NULL,
    moving TEXT NOT NULL,
    moves INTEGER NOT NULL,
    etag BLOB NOT NULL,
    modified BLOB NOT NULL,
    validated TEXT NOT NULL,
    hash TEXT NOT NULL,
    ttl INTEGER NOT NULL,
    due INTEGER,
    not_before INTEGER,
    tried INTEGER,
    succeeded INTEGER,
    failures INTEGER NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
-- Entries of a feed's last document that did not become entries of ours, and why.
CREATE TABLE dropped (
    source TEXT NOT NULL,
    number INTEGER NOT NULL,
    place TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (source, number)
) STRICT, WITHOUT ROWID;

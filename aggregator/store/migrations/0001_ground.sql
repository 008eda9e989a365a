-- Instants are microseconds since 1970-01-01T00:00:00Z. `body` columns are JSON of the records in core/model.py.

-- One row. Writers take it first, so that revisions are handed out in the order of commits.
CREATE TABLE clock (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);
CREATE TABLE setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- What each source holds. `racy`: the file was as young as the scan, so its validators prove nothing yet.
CREATE TABLE document (
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    racy INTEGER NOT NULL,
    hash TEXT NOT NULL,
    outcome TEXT NOT NULL,
    faults TEXT NOT NULL,
    read_at INTEGER,
    PRIMARY KEY (source, location)
) STRICT, WITHOUT ROWID;
CREATE TABLE sighting (
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    published INTEGER,
    body TEXT NOT NULL,
    edges TEXT NOT NULL,
    PRIMARY KEY (source, location)
) STRICT;
CREATE INDEX sighting_key ON sighting (key);
CREATE INDEX sighting_name ON sighting (source, name);
-- Keys whose sightings changed since they were last merged.
CREATE TABLE touched (key TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Merged entries. `face`: how neighbours show it. `related`: the links shown, out of `links` in all, `own_links` of
-- them to entries of ours. `digest`: of all that a feed shows of the entry.
CREATE TABLE entry (
    key TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    published INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    face TEXT NOT NULL,
    edges TEXT NOT NULL,
    body TEXT NOT NULL,
    related TEXT NOT NULL,
    links INTEGER NOT NULL,
    own_links INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE TABLE alias (alias TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (alias, key)) STRICT, WITHOUT ROWID;
CREATE INDEX alias_key ON alias (key);
CREATE TABLE edge (key TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (key, target)) STRICT, WITHOUT ROWID;
CREATE INDEX edge_target ON edge (target);

CREATE TABLE member (
    channel TEXT NOT NULL,
    shown INTEGER NOT NULL,
    key TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (channel, shown, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_key ON member (key);
-- `touched_at`: the pass that last saw a change. A feed is dated by it even where a later pass publishes it.
CREATE TABLE channel (
    key TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    touched_at INTEGER NOT NULL
) STRICT;
-- An entry as rendered, in all formats one after the other; `sizes` says where each ends.
CREATE TABLE fragment (
    key TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    sizes TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;

-- The ledger: what cannot be computed again. Its rows are also kept as text beside the state; `revision` says which
-- of them the text lacks.
CREATE TABLE ledger_entry (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    former TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    published INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_entry_key ON ledger_entry (key);
CREATE INDEX ledger_entry_revision ON ledger_entry (revision);
CREATE TABLE ledger_former (former TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (former, id)) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_former_id ON ledger_former (id);
-- Which place was published under which id; none where the file moved on. `name` is the file's base name, by which it is
-- known again in another folder.
CREATE TABLE ledger_claim (
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (source, location)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_claim_name ON ledger_claim (source, name);
CREATE INDEX ledger_claim_id ON ledger_claim (id);
CREATE INDEX ledger_claim_revision ON ledger_claim (revision);
CREATE TABLE ledger_channel (
    key TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    updated INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    retired INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_source (
    source TEXT NOT NULL PRIMARY KEY,
    first_pass INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

-- Why an upstream is asked when it is, what is wrong with it since when, and the new entries that wait for a person, as
-- JSON. `size`: bytes of its last good body as sent. `erred`, `error`: when something last went wrong, and what.
ALTER TABLE poll ADD COLUMN because TEXT NOT NULL DEFAULT 'interval';
ALTER TABLE poll ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE poll ADD COLUMN since INTEGER;
ALTER TABLE poll ADD COLUMN erred INTEGER;
ALTER TABLE poll ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE poll ADD COLUMN held TEXT NOT NULL DEFAULT '';
-- What asking each source cost on each day of UTC, written as 2026-11-01. `slowed_by`: hosts, with blanks between.
CREATE TABLE tally (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    requests INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    slowed INTEGER NOT NULL,
    slowed_by TEXT NOT NULL,
    received INTEGER NOT NULL,
    saved INTEGER NOT NULL,
    PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;
-- What the owner wishes of a source. Apart from `poll`, whose rows a pass writes whole: a wish made meanwhile stays.
CREATE TABLE wish (
    source TEXT NOT NULL,
    wish TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (source, wish)
) STRICT, WITHOUT ROWID;
-- What the last pass found of each folder.
CREATE TABLE survey (
    source TEXT NOT NULL PRIMARY KEY,
    looked_at INTEGER NOT NULL,
    files INTEGER NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER
) STRICT, WITHOUT ROWID;

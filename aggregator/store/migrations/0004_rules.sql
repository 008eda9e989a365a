-- Sightings that the owner's rules leave out: the number of the rule among those of the source, and what it does.
CREATE TABLE left_out (
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    verb TEXT NOT NULL,
    PRIMARY KEY (source, location)
) STRICT, WITHOUT ROWID;
CREATE INDEX left_out_key ON left_out (key);
-- Those that take part in what is published.
CREATE VIEW present AS
    SELECT s.* FROM sighting s
    WHERE NOT EXISTS (SELECT 1 FROM left_out l WHERE l.source = s.source AND l.location = s.location);

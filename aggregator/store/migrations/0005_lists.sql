-- Lists of upstream feeds as they were last understood, by the name of the list and the file that it came from.
-- `feeds`: JSON of the subscriptions in it.
CREATE TABLE list (
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    feeds TEXT NOT NULL,
    PRIMARY KEY (source, location)
) STRICT, WITHOUT ROWID;

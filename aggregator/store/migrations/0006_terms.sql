-- Whether an entry was ever in a channel: what a subscriber may have seen is no old stock, whoever brings it again.
ALTER TABLE ledger_entry ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
-- Digest of what the configuration says of an upstream feed besides its address, as of its last document.
ALTER TABLE poll ADD COLUMN meaning TEXT NOT NULL DEFAULT '';

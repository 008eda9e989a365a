-- What a channel was last called, for when none of its entries is there to say it. What stands in states that are older is
-- what they show; the revision moves, so that the ledger's text gets it too.
ALTER TABLE ledger_channel ADD COLUMN label TEXT NOT NULL DEFAULT '';
UPDATE clock SET revision = revision + 1 WHERE EXISTS (SELECT 1 FROM ledger_channel);
UPDATE ledger_channel SET revision = (SELECT revision FROM clock), label = coalesce(
    (SELECT label FROM member WHERE channel = ledger_channel.key GROUP BY label ORDER BY COUNT(*) DESC, label LIMIT 1), ''
);

drop function some_amount;
drop table older, october;
reset session_replication_role;
-- On disk before it is vacuumed: until then no row can be marked as committed, and whoever reads it first would mark it and log its page.
reset synchronous_commit;

drop function some_amount;
drop table older;
reset session_replication_role;

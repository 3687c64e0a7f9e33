-- Bill runs by group, status, schedule and time, newest first, with an index for each filter. What is given beside a group or a schedule
-- is looked at in the index, without the rows.
create index bill_run_newest on bill_run (created_at, id);
create index bill_run_of_group on bill_run (bill_group, created_at, id, status);
create index bill_run_of_status on bill_run (status, created_at, id);
create index bill_run_of_schedule on bill_run (schedule_name, created_at, id, status, bill_group);

-- The failures of a run by their code: a page of one code, and how many there are of each.
create index bill_batch_failed_as on bill_batch (bill_run_id, failure_code, (account_ids[1])) where status = 'failed';

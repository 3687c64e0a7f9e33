-- Requests are listed newest first: those of an account, those of a type and a status, and those that failed by their reason. What else a
-- list is filtered by stands in the index, and is looked at there. Building them takes seconds for each million requests, in which none
-- can be accepted.
create index job_of_account on job (account_id, created_at, id, status, type);
create index job_of_type_and_status on job (type, status, created_at, id);
create index job_failed on job (error_code, created_at, id, type) where status = 'failed';
create index job_failed_of_account on job (account_id, error_code, created_at, id, type) where status = 'failed';

-- When a key was last used, to the minute.
alter table api_key add column last_used_at timestamptz;
grant update (last_used_at) on api_key to nightbill_service;

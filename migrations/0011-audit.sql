-- Who did what is kept for what no API key did, too, and why it was done; and it can be read. The new identity and the indexes rewrite the
-- entries, of which there is one for each request that is not a credit or a reversal, and for each of those that was forgotten.
alter table audit_entry
  -- What a job that is forgotten becomes keeps the job's id, so that it is one entry before and after.
  add column audit_id uuid not null default gen_random_uuid(),
  add column source text not null default 'http' check (source in ('http', 'command', 'schedule')),
  add column reason text,
  add column detail text,
  alter column api_key_id drop not null,
  alter column request_id drop not null,
  add check ((source = 'http') = (api_key_id is not null)),
  add check ((source = 'http') = (request_id is not null));
create index audit_entry_at on audit_entry (at, audit_id);
create index audit_entry_of_subject on audit_entry (subject, at, audit_id);
create index audit_entry_of_key on audit_entry (api_key_id, at, audit_id);
-- A job is its own entry while it lasts.
create index job_of_key on job (api_key_id, created_at, id);

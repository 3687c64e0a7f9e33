-- Why something that was accepted is not carried out yet, and since when: a trouble of the house, which fails nothing. Written when it can be.
alter table job add column trouble text, add column trouble_since timestamptz;
alter table bill_batch add column trouble text, add column trouble_since timestamptz;
alter table bill_run add column trouble text, add column trouble_since timestamptz;

-- The processes that began it and have not said how that ended. A process that lives takes itself out again, so those that stay were lost.
-- What job.tries_alone and bill_batch.attempts count is left to workers of the version before.
alter table job add column begun_by uuid[] not null default '{}';
alter table bill_batch add column begun_by uuid[] not null default '{}';

-- A reference whose job failed is free again, and goes when the job is forgotten. Those of jobs that were forgotten before go now.
delete from credit_reference where not exists (select from job where id = job_id)
  and not exists (select from credit where credit.id = credit_id and credit.account_id = credit_reference.account_id);

grant update (trouble, trouble_since, begun_by) on job, bill_batch to nightbill_service;
grant update (trouble, trouble_since) on bill_run to nightbill_service;
grant update (credit_id, job_id, content_hash), delete on credit_reference to nightbill_service;

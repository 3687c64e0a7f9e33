-- Requests of a minute by key, and tries with unknown keys by address, of all API processes together. Unlogged: after a crash they count anew.
create unlogged table request_count (
  subject text collate "C" not null,
  minute timestamptz not null,
  count integer not null,
  primary key (subject, minute)
);
grant select, insert, update (count), delete on request_count to nightbill_service;

-- A browser's sign-in: a random token in a cookie stands for the API key that it was made with. The key itself is kept nowhere. A session ends
-- with its key, 12 hours after it began, and an hour after it was last used.
create table session (
  id uuid primary key,
  token_hash bytea not null unique check (length(token_hash) = 32),
  api_key_id uuid not null references api_key,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at > created_at),
  user_agent text check (length(user_agent) <= 300)
);
create index session_of_key on session (api_key_id, id);
create index session_expires on session (expires_at);
grant select, insert, delete, update (last_seen_at) on session to nightbill_service;

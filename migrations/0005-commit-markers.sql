-- What became of a COMMIT whose reply was lost (src/db/commit-marker.ts). The last statement of a transaction that has written adds a
-- row; whoever looks for its outcome adds the same row, as undone, if it is not there. Rows live for ten minutes, by this
-- database's clock. `at` comes first in the key, so that rows are added at the index's end and deleted from its beginning.
create table commit_marker (
  at timestamptz not null,
  id uuid not null,
  -- True when it was decided that the transaction did not commit, and never will.
  undone boolean not null default false,
  primary key (at, id)
);
grant select, insert, delete, update (undone) on commit_marker to nightbill_service;

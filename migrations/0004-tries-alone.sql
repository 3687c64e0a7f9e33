-- How often an accepted job was begun by itself, after a worker was lost that had it, with no end known. By this count the one that
-- takes its worker down each time is told from those that only were there.
alter table job add column tries_alone integer not null default 0;

-- Before anything is read, in id order, as every script of the service does.
select id from account where id between $1 and $2 and bill_group = $3 order by id for no key update

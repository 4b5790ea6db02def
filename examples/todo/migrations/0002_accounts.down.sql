drop index list_owner;
alter table list drop column owner_id;
drop table account;

create table account (
  id uuid primary key,
  email text not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);
create unique index account_email_once on account (lower(email));

alter table list add column owner_id uuid references account on delete set null;
create index list_owner on list (owner_id, created_at desc);

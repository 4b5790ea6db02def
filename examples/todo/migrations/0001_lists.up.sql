create table list (
  id text primary key,
  title text not null,
  created_at timestamptz not null default now()
);

create table item (
  id uuid primary key,
  list_id text not null references list on delete cascade,
  position bigint generated always as identity,
  title text not null,
  done boolean not null default false,
  created_at timestamptz not null default now(),
  constraint item_title_once_per_list unique (list_id, title)
);

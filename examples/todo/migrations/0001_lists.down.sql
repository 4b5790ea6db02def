drop table item;
drop table list;

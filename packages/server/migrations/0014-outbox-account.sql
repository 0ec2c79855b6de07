-- Whom a mail is for, where that is an account: a mail that waited is not sent to one who may no longer see its customer (R7).
alter table outbox add column account_id uuid;

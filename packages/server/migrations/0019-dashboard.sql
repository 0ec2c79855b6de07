-- DSH-1: one's own tabs and widgets. No row, or `tabs` null: what the role is given (domain/dashboard). Its version only grows, so that a window that shows an old one is told.
create table dashboard (
  partner_id uuid not null,
  account_id uuid not null,
  version integer not null default 1,
  tabs jsonb,
  updated_at timestamptz not null default now(),
  primary key (partner_id, account_id),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade
);
call vigie.protect('dashboard', null, 'select, insert, update, delete');

-- Outbreak defence follows its alert (EVT-5, docs/decisions/0030): what a customer allowed when it began is kept with it, so that an alert that lasts longer, or names more, closes no more and no longer
-- than that. `until` is this defence's own end; `told` what the customer's
-- endpoints were last told, until `told_until`, of all its defences together.
alter table outbreak_defence
  add column from_level text,
  add column may_block_ports boolean,
  add column may_deny_writes boolean,
  add column may_block_attachments boolean,
  -- the customer's days, counted from when it began
  add column allowed_until timestamptz,
  add column closes jsonb,
  add column told jsonb,
  add column told_until timestamptz,
  -- of the alert, when this was last looked at
  add column alert_version integer;
update outbreak_defence d set
  from_level = coalesce(r.from_level, 'never'), may_block_ports = coalesce(r.may_block_ports, false), may_deny_writes = coalesce(r.may_deny_writes, false),
  may_block_attachments = coalesce(r.may_block_attachments, false), allowed_until = greatest(d.until, date_trunc('minute', d.started_at + coalesce(r.days, 0) * interval '1 day')),
  closes = coalesce(o.params, '{"blockPorts": [], "denyWrites": []}') || jsonb_build_object('until', to_char(d.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
  told = coalesce(o.params, '{"blockPorts": [], "denyWrites": []}') || jsonb_build_object('until', to_char(d.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
  told_until = d.until, alert_version = 0
from outbreak_defence one
  left join outbreak_rule r on r.partner_id = one.partner_id and r.customer_id = one.customer_id
  left join command_order o on o.partner_id = one.partner_id and o.id = one.order_id
where d.partner_id = one.partner_id and d.customer_id = one.customer_id and d.alert_id = one.alert_id;
alter table outbreak_defence
  alter column from_level set not null,
  add constraint outbreak_defence_from check (from_level in ('never', 'red', 'yellow')),
  alter column may_block_ports set not null,
  alter column may_deny_writes set not null,
  alter column may_block_attachments set not null,
  alter column allowed_until set not null,
  alter column closes set not null,
  alter column told set not null,
  alter column told_until set not null,
  alter column alert_version set not null;
-- What endpoints may still be closed by: few, however many ended.
create index outbreak_defence_told on outbreak_defence (partner_id, told_until) where stopped_at is null;

-- Of defence that goes on: endpoints that a person told something about it since then are left alone. Null: not such an order.
alter table command_order add column left_alone_since timestamptz;

-- The list's own order (EVT-4): worst first, and of these what came up last. By when something was last seen to hold, rows changed their places every ten minutes.
drop index event_attention_severity;
create index event_attention_severity on event (partner_id, severity_rank, opened_at, id) where state <> 'resolved' and silence_id is null;

-- When people were last told of it (NTF-4), by its own mail or by one that speaks for it; null: never, or before this was kept. `has_news`: it holds something that none of these mails knew of.
alter table event add column told_at timestamptz, add column has_news boolean not null default false;

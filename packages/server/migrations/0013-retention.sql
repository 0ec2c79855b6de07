-- R41: every kind of data has a term (server/src/retention/terms.ts); what is past it is found by these, oldest first.
create index infection_closed on infection (partner_id, closed_at) where closed_at is not null;
create index event_ended on event (partner_id, resolved_at) where state = 'resolved';
create index dead_letter_age on dead_letter (partner_id, received_at);
create index dead_letter_agent on dead_letter (partner_id, agent_id, received_at desc);

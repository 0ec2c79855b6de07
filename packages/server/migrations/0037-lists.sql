-- Look-alikes, newest first, without a filter: from pair to pair instead of all of them at once (INV-3).
create index duplicate_found on duplicate (partner_id, found_at, id);

-- AGT-8. 'own': the installation the product's one-use key was made for (the site server itself, or the one machine); 'endpoint': a machine of the site, enrolled with an endpoint key.
alter table agent add column role text not null default 'own' check (role in ('own', 'endpoint'));
-- the site server's agent through whose connection it speaks, or spoke last; null: directly
alter table agent add column via_agent_id uuid;
-- R11: names it called its machine by earlier (new hardware; before a copy got an identity of its own): what it still tells under them is its own
alter table agent add column former_names text[] not null default '{}';

-- R9: a key for the machines of a site, for a counted number of enrolments; kept hashed (256 random bits: a plain hash can't be searched)
create table site_key (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  key_hash bytea not null,
  max_uses integer not null check (max_uses between 1 and 500),
  uses integer not null default 0,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_by text not null,
  created_at timestamptz not null,
  primary key (partner_id, id),
  check (uses <= max_uses),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create unique index site_key_hash on site_key (partner_id, product_id, key_hash);
create index site_key_product on site_key (partner_id, product_id, created_at desc, id);
create index site_key_customer on site_key (partner_id, customer_id);

-- where a product's site server can be reached in its network, as it said itself
create table site_server (
  partner_id uuid not null,
  product_id uuid not null,
  customer_id uuid not null,
  agent_id uuid not null,
  -- https://address:port of its listener; empty: it does not listen
  urls text[] not null,
  -- SHA-256 of the CA that its endpoints pin, hex
  ca_fingerprint text not null,
  problem text,
  reported_at timestamptz not null,
  primary key (partner_id, product_id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create index site_server_customer on site_server (partner_id, customer_id);
call vigie.protect('site_key', 'customer_id', 'select, insert, update, delete');
call vigie.protect('site_server', 'customer_id', 'select, insert, update, delete');

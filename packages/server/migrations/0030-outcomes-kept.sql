-- How an order of settings stands at each of many endpoints, kept beside it as of `outcomes_at` (server: orders/outcomes.ts): looking at 50,000 took 0.8 s, and the order's page asks again with every change.
alter table order_agent add column outcome text;
alter table command_order add column outcomes_at timestamptz;
create index order_agent_outcome on order_agent (partner_id, order_id, outcome, name_key, agent_id) include (customer_id) where outcome is not null;

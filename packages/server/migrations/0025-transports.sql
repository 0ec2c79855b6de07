-- AGT-2: by what its connection is, or was last; null: not connected since this is kept
alter table agent add column carrier text check (carrier in ('websocket', 'polling'));
-- why not by a WebSocket, as the agent says: text key below agent.connection.; null: it is by one, or there is no word on it
alter table agent add column polling_reason text;

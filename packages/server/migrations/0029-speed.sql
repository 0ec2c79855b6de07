-- Room in each page for the day's changes (docs/decisions/0026): a total that changes each hour stays in the page in which its day was written, in the order in which it is read, and no index is touched.
alter table tally_day_customer set (fillfactor = 50);
alter table tally_day set (fillfactor = 70);

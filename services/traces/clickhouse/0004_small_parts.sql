-- A fresh part of one batch stays in one file: two files a column, each synced, cost an insert
-- more than its data. What a merge makes of many batches has its columns apart, as queries like it.
ALTER TABLE spans $on_cluster
    MODIFY SETTING min_bytes_for_wide_part = 134217728, min_rows_for_wide_part = 0;

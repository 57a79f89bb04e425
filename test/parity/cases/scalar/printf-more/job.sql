-- PRINTF flags, widths, precisions and conversions of java.util.Formatter, argument indexes, mismatches
CREATE TABLE x (
  id INT, s STRING, n INT, l BIGINT, d DOUBLE, b BOOLEAN, p DECIMAL(10,3)
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  PRINTF('[%10s|%-10s|%.2s]', s, s, s) AS s1,
  PRINTF('[%5d|%-5d|%+d|% d|%05d|%,d|%(d]', n, n, n, n, n, l, n) AS d1,
  PRINTF('%x %X %o %#x', n, n, n, n) AS x1,
  PRINTF('%x %o', l, l) AS x2,
  PRINTF('%.3f|%10.2f|%-10.1f|%+.0f|%,.2f|%(.1f', d, d, d, d, d, d) AS f1,
  PRINTF('%e|%.2E|%g|%.3g', d, d, d, d) AS e1,
  PRINTF('%b %B %c', b, b, n) AS b1,
  PRINTF('%2$s-%1$s-%1$s', s, n) AS ix,
  PRINTF('%s %s %s %s', n, l, d, b) AS st,
  PRINTF('%n|%%') AS nl,
  PRINTF('%S', s) AS up,
  PRINTF('%d', d) AS bad1,
  PRINTF('%q', s) AS bad2,
  PRINTF('%s %s', s) AS bad3,
  PRINTF('%.2f', p) AS dec1,
  PRINTF('%s', p) AS dec2,
  PRINTF('%s', CAST(NULL AS STRING)) AS nn,
  PRINTF(CAST(NULL AS STRING), s) AS nf,
  PRINTF(s) AS own,
  PRINTF('%s and %s', s, n, l) AS extra,
  PRINTF('%-5') AS bad4,
  PRINTF('%<s') AS bad5,
  PRINTF('%1$s %<s', s) AS prv
FROM x
WHERE n <> 0 OR n IS NULL;

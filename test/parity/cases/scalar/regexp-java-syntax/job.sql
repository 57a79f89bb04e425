-- Java's regular expressions: classes, possessive and lazy quantifiers, look-around, flags, back references, anchors, quoting
CREATE TABLE s (
  id INT, s STRING, r STRING, k INT
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  REGEXP_EXTRACT(s, '\w+') AS w,
  REGEXP_EXTRACT(s, '[^\s]+$') AS last,
  REGEXP_EXTRACT(s, '(?<name>[A-Z])\w', 1) AS nm,
  REGEXP_REPLACE(s, '(?<=a)b', 'B') AS lb,
  REGEXP_REPLACE(s, 'a(?!b)', '!') AS la,
  REGEXP_EXTRACT(s, 'a++b') AS po,
  REGEXP_EXTRACT(s, '(.)\1') AS br,
  REGEXP_REPLACE(s, '(?m)^', '>') AS ml,
  REGEXP_REPLACE(s, '$', '<') AS dl,
  REGEXP(s, '(?s)Line1.Line2') AS ds,
  REGEXP(s, 'Line1.Line2') AS dn,
  REGEXP_REPLACE(s, '\p{Punct}', '#') AS pp,
  REGEXP_REPLACE(s, '\p{Lu}', 'U') AS lu,
  REGEXP_REPLACE(s, '[a-z&&[^aeiou]]', 'c') AS inter,
  REGEXP_REPLACE(s, '\Q.\E', ',') AS q,
  REGEXP_REPLACE(s, '\bab', 'X') AS wb,
  REGEXP_REPLACE(s, '(?i)É', 'e') AS ci,
  REGEXP_REPLACE(s, '(?iu)É', 'e') AS ciu,
  REGEXP_REPLACE(s, '\R', '|') AS nl,
  REGEXP_REPLACE(s, '.', '.') AS dt,
  REGEXP_REPLACE(s, '\h', '_') AS h,
  REGEXP_REPLACE(s, '[[:alpha:]]', 'p') AS px,
  REGEXP_REPLACE(s, '[\d-a]', 'd') AS dr,
  REGEXP_REPLACE(s, '\u0061', 'u') AS uu,
  REGEXP_REPLACE(s, '[a-c[x-z]]', 'n') AS un,
  REGEXP(s, '\Aa.*\z') AS az,
  REGEXP_REPLACE(s, '\p{IsAlphabetic}', 'l') AS al,
  REGEXP_REPLACE(s, '\p{Alpha}+', 'L') AS al2
FROM s;

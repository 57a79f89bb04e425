-- MD5, SHA1, SHA224, SHA256, SHA384, SHA512, SHA2 of text
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  MD5(s) AS m,
  SHA1(s) AS s1,
  SHA224(s) AS s224,
  SHA256(s) AS s256,
  SHA384(s) AS s384,
  SHA512(s) AS s512,
  SHA2(s, 256) AS s2,
  SHA2(s, 224) AS s3,
  SHA2(s, 384) AS s4,
  SHA2(s, 512) AS s5
FROM x;

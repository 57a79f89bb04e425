-- structured objects
CREATE TABLE t (id INT, name STRING) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id, OBJECT_OF('org.example.User', 'name', name, 'age', id * 10).name AS name,
  OBJECT_UPDATE(OBJECT_OF('org.example.User', 'name', name, 'age', id), 'age', id + 1).age AS age
FROM t;

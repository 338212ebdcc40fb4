/** The topic `taskctl help formatting`. */
export const FORMATTING_HELP = `How taskctl prints results

  -o table    for people: some fields, cut to the width of the terminal, ids shortened
  -o wide     the same with all fields and nothing cut
  -o json     one JSON value: an array for a list ([] when empty), otherwise an object
  -o ndjson   one JSON value a line for each row
  -o yaml     the value of -o json as YAML
  -o csv      RFC 4180; text that a spreadsheet would run gets an apostrophe in front
  -o tsv      one line a row; tab, line feed, return and backslash are \\t, \\n, \\r and \\\\
  -o ids      the ids, one a line, for xargs and for \`taskctl done -\`

  --json                 the same as -o json; it takes no value from the next word
  --json=id,title        these fields as JSON
  --columns id,title     these fields, in this order, in every format
  --no-headers           values without the names of their fields
  --sort field, -field   the order of a list; where the operation knows none, of the rows shown
  --all                  a list to its end; ndjson, csv, tsv and ids are printed page by page
  --tz Europe/Berlin     the zone in which dates without an offset are meant and shown
  --color always|never   instead of by whether stdout is a terminal

stdout carries the result and nothing else. Hints, questions and errors go to stderr; with -o json, ndjson or yaml an
error is {"error":{"code","message","problems","hint","retryAfter","requestId"}}. Programs should ask for a format by
name: tables may change in any version, JSON only as the changelog says.
`;

/** SQL of a point in time as JSON has it, without quotes. */
export const iso = (column: string) => toChar(column, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

const toChar = (column: string, pattern: string) => `to_char(${column} at time zone 'UTC', '${pattern}')`;

// JSON is put together by hand: `row_to_json` finds out the names and the types of what it is given at every row.
const quoted = (column: string) => `'"' || ${column} || '"'`;
const text = (column: string) => `to_json(${column})::text`;
const time = (column: string) => toChar(column, '\\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\\"');
const nullable = (sql: string) => `coalesce(${sql}, 'null')`;

type Field = readonly [name: string, sql: string];

const object = (fields: readonly Field[]) =>
  `${fields.map(([name, sql], at) => `'${at === 0 ? '{' : ','}"${name}":' || ${sql}`).join(' || ')} || '}'`;

/** SQL of the tags `g` that `from` gives, as JSON text, by name. */
export const tagsIn = (from: string): string => `'[' || array_to_string(array(
  select ${object([
    ['id', quoted('g.id')],
    ['name', text('g.name')],
    ['color', quoted('g.color')],
  ])} ${from} order by lower(g.name)), ',') || ']'`;

/** The same where there are none. */
export const NO_TAGS = "'[]'";

const tagsOf = (alias: string) =>
  tagsIn(`from taskapp.task_tags l join taskapp.tags g on g.id = l.tag_id where l.task_id = ${alias}.id`);

/**
 * SQL of the task in the table aliased `t` as callers see it: the JSON text of the contract's `task`, field by field in
 * its order, so that nothing is parsed, checked and written again on the way.
 */
export const viewOf = (t: string, tags = tagsOf(t)): string =>
  object([
    ['id', quoted(`${t}.id`)],
    ['title', text(`${t}.title`)],
    ['description', nullable(text(`${t}.description`))],
    ['status', quoted(`${t}.status`)],
    ['priority', quoted(`${t}.priority`)],
    ['dueDate', nullable(time(`${t}.due_date`))],
    ['completedAt', nullable(time(`${t}.completed_at`))],
    ['userId', nullable(quoted(`${t}.creator_id`))],
    ['workspaceId', quoted(`${t}.workspace_id`)],
    ['version', `${t}.version`],
    ['tags', tags],
    ['createdAt', time(`${t}.created_at`)],
    ['updatedAt', time(`${t}.updated_at`)],
  ]);

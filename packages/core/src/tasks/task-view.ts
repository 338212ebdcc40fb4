/** SQL of a point in time as JSON has it. */
export const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** SQL of the tags `g` that `from` gives, as JSON, by name. */
export const tagsIn = (from: string): string => `array_to_json(array(
  select row_to_json(tag) from (select g.id, g.name, g.color ${from} order by lower(g.name)) tag))`;

const tagsOf = (alias: string) =>
  tagsIn(`from taskapp.task_tags l join taskapp.tags g on g.id = l.tag_id where l.task_id = ${alias}.id`);

/**
 * SQL of the task in the table aliased `t` as callers see it: the JSON text of the contract's `task`, field by field in
 * its order, so that nothing is parsed, checked and written again on the way.
 */
export const viewOf = (t: string, tags = tagsOf(t)): string => `(select row_to_json(task)::text from (select
  ${t}.id, ${t}.title, ${t}.description, ${t}.status, ${t}.priority, ${iso(`${t}.due_date`)} as "dueDate",
  ${iso(`${t}.completed_at`)} as "completedAt", ${t}.creator_id as "userId", ${t}.workspace_id as "workspaceId",
  ${t}.version, ${tags} as tags, ${iso(`${t}.created_at`)} as "createdAt", ${iso(`${t}.updated_at`)} as "updatedAt"
) task)`;

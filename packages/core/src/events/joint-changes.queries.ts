/** The columns of `bindChange` in a table of changes. */
export const CHANGE_COLUMNS = {
  eventId: 'uuid',
  tasks: 'int',
  type: 'text',
  entityType: 'text',
  entityId: 'uuid',
  changes: 'jsonb',
  actorKind: 'text',
  actorId: 'uuid',
  actorReason: 'text',
  requestId: 'text',
  ip: 'text',
} as const;

/**
 * What `changeCtes` is for one change, for several at once: `subject` has the `id` and the `workspace_id` of each thing that was changed, and
 * the CTE `asked` the `CHANGE_COLUMNS`, one row for each thing. Those of one workspace get versions in the order of their
 * events.
 */
export const jointChangeCtes = (changes = 'a.changes'): string => `
  changed as (
    update taskapp.workspaces w
    set version = w.version + n.changes, task_count = w.task_count + n.tasks, updated_at = now()
    from (
      select s.workspace_id, count(*) as changes, sum(a.tasks) as tasks
      from subject s join asked a on a."entityId" = s.id group by s.workspace_id
    ) n
    where w.id = n.workspace_id
    returning w.id, w.version - n.changes as before
  ),
  event as (
    insert into taskapp.events (id, workspace_id, seq, type, entity_type, entity_id, actor_kind, actor_id,
      actor_reason, request_id, ip, changes)
    select a."eventId", c.id, c.before + row_number() over (partition by c.id order by a."eventId"), a.type,
      a."entityType", a."entityId", a."actorKind", a."actorId", a."actorReason", a."requestId", a.ip, ${changes}
    from changed c join subject s on s.workspace_id = c.id join asked a on a."entityId" = s.id
  )`;

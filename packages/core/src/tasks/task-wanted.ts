import { isKnown, type Reference } from './task-recording.queries.ts';
import { iso } from './task-view.ts';

const CHANGES = `
  select coalesce(jsonb_object_agg(f.name, jsonb_build_object('from', f.old, 'to', f.new)), '{}')
  from (values ('title', to_jsonb(b.title), to_jsonb(n.title)),
    ('description', to_jsonb(b.description), to_jsonb(n.description)),
    ('status', to_jsonb(b.status), to_jsonb(n.status)),
    ('priority', to_jsonb(b.priority), to_jsonb(n.priority)),
    ('dueDate', to_jsonb(${iso('b.due_date')}), to_jsonb(${iso('n.due_date')}))
  ) f (name, old, new) where f.old is distinct from f.new`;

/** The CTE `wanted`: what is to become of the task `b`, by the values of its call, and what that changes. */
export const wantedFrom = (value: Reference, from: string) => `
  wanted as materialized (
    select b.id, b.may, ${isKnown(value)}, n.*, (${CHANGES}) || ${value('tagChanges')}::jsonb as changes
    from ${from}, lateral (
      select coalesce(${value('title')}, b.title) as title, coalesce(${value('status')}, b.status) as status,
        coalesce(${value('priority')}, b.priority) as priority,
        case when ${value('setsDescription')}::boolean then ${value('description')} else b.description end as description,
        case when ${value('setsDueDate')}::boolean then ${value('dueDate')} else b.due_date end as due_date
    ) n
  )`;

import type { Deps } from '../deps.ts';
import { implement } from '../kernel/implement.ts';
import { Event } from './event.model.ts';
import { eventsContract } from './events.contract.ts';

const toView = ({ actorKind, actorId, actorReason, ...event }: Event) => ({
  ...event,
  actor: { kind: actorKind, userId: actorId, reason: actorReason },
});

/** The log of changes, for administrators. */
export function createEventService({ db, cursors }: Deps) {
  return implement(eventsContract, {
    list: async (_ctx, { limit, cursor, ...filter }) => {
      // Each order is that of an index. In a workspace the versions tell what came last, whatever clocks say.
      const order = filter.workspaceId === undefined ? 'id' : 'seq';
      const scope = JSON.stringify(['events', order, filter]);
      const [last] = cursor === undefined ? [] : cursors.decode(cursor, scope);
      const found = await Event.query(db)
        .modify((query) => {
          if (filter.type !== undefined) query.where('type', filter.type);
          if (filter.entityId !== undefined) query.where('entity_id', filter.entityId);
          if (filter.workspaceId !== undefined) query.where('workspace_id', filter.workspaceId);
          if (last !== undefined) query.where(order, '<', last);
        })
        .orderBy(order, 'desc')
        .limit(limit + 1);
      const events = found.slice(0, limit);
      const end = found.length > limit ? events.at(-1) : undefined;
      return {
        events: events.map(toView),
        pagination: { limit, nextCursor: end ? cursors.encode([end[order] as string | number], scope) : null },
      };
    },
  });
}

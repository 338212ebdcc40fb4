import type { Knex } from 'knex';
import { createAuthService } from './auth/auth.service.ts';
import type { Deps } from './deps.ts';
import { createEventService } from './events/events.service.ts';
import { keyServices } from './idempotency/keyed-services.ts';
import { traceServices } from './operation-spans.ts';
import type { Services } from './operations.ts';
import { createQuickAddService } from './quick-add/quick-add.service.ts';
import { createSessionService } from './sessions/sessions.service.ts';
import { createTagService } from './tags/tags.service.ts';
import { createManyTasksService } from './tasks/many-tasks.service.ts';
import { createTaskService } from './tasks/tasks.service.ts';
import { createUserService } from './users/users.service.ts';

/** The operations of every feature, on one connection or transaction. */
function createServices(deps: Deps): Services {
  const { db } = deps;
  return {
    auth: createAuthService(deps),
    users: createUserService(deps),
    sessions: createSessionService(deps),
    tasks: {
      ...createTaskService(deps),
      ...createManyTasksService(deps),
      ...createQuickAddService({ db, onTransaction: (trx) => createServices(onlyOn(trx, deps)) }),
    },
    tags: createTagService(deps),
    events: createEventService(deps),
  };
}

/** Nothing that is not committed may get into the cache. */
export const onlyOn = (trx: Knex.Transaction, deps: Deps): Deps => ({ ...deps, db: trx, cache: null });

/** The same operations with what idempotency keys promise, and with spans where they are asked for. */
export function createKeyedServices(deps: Deps): Services {
  const { db, requestSecret: secret, tracing } = deps;
  const onTransaction = (trx: Knex.Transaction) => createServices(onlyOn(trx, deps));
  const keyed = keyServices(createServices(deps), { db, secret, onTransaction });
  return tracing ? traceServices(keyed, tracing) : keyed;
}

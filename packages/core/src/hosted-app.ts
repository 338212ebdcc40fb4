import type { Knex } from 'knex';
import type { Deps } from './deps.ts';
import { createEntrance } from './host-users/entrance.ts';
import { createHostAccess } from './host-users/host-access.ts';
import { createHostIds } from './host-users/host-ids.ts';
import type { HostUsers } from './host-users/host-users.ts';
import { createForgetUser, hostServices } from './host-users/hosted-services.ts';
import { withHostIds } from './host-users/outgoing-ids.ts';
import { isOfAccounts, operations, type Services } from './operations.ts';
import { createKeyedServices, onlyOn } from './services.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';
import type { HostedTaskApp, HostedTransactionApp } from './task-app.ts';
import { toTransactionApp } from './transaction-app.ts';

interface HostedOptions extends Pick<Subscriptions, 'on'> {
  readonly users: HostUsers;
  /** Stands around services whose changes listeners are told of. */
  readonly watch: (services: Services) => Services;
}

type HostedParts = Pick<HostedTaskApp, 'access' | 'operations' | 'withTransaction' | 'on'> & HostedTransactionApp;

/** What is different in an app whose accounts are its host's. */
export function createHostedParts(given: Deps, { users, on, watch }: HostedOptions): HostedParts {
  const ids = createHostIds();
  const { hooks, listen } = withHostIds(given, ids);
  const deps: Deps = {
    ...given,
    hooks: { given: hooks, depth: 0, appOn: (trx, depth) => inside(trx, depth) },
  };
  const appOf = (deps: Deps, wrap: (services: Services) => Services) => {
    const entrance = createEntrance(deps.db, users, ids);
    const app = toTransactionApp(hostServices(wrap(createKeyedServices(deps)), entrance));
    return { entrance, app: { ...app, forgetUser: createForgetUser(entrance) } };
  };
  const inside = (trx: Knex.Transaction, depth: number) =>
    appOf(onlyOn(trx, { ...deps, hooks: { ...deps.hooks, depth } }), (services) => services).app;
  const { entrance, app } = appOf(deps, watch);
  return {
    ...app,
    operations: operations.filter((operation) => !isOfAccounts(operation)),
    access: createHostAccess(users, entrance),
    withTransaction: (trx) => inside(trx, 0),
    on: listen(on),
  };
}

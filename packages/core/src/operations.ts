import { authContract } from './auth/auth.contract.ts';
import { eventsContract } from './events/events.contract.ts';
import type { CallContext, Operation, Service } from './kernel/contract.ts';
import { callAsJson, type JsonAnswer } from './kernel/implement.ts';
import { quickAddContract } from './quick-add/quick-add.contract.ts';
import { sessionsContract } from './sessions/sessions.contract.ts';
import { tagsContract } from './tags/tags.contract.ts';
import { taskStatsContract } from './tasks/task-stats.contract.ts';
import { taskTransferContract } from './tasks/task-transfer.contract.ts';
import { tasksContract } from './tasks/tasks.contract.ts';
import { usersContract } from './users/users.contract.ts';

/** Every operation of the app, by feature. Transports iterate over these and over nothing else. */
export const contracts = {
  auth: authContract,
  users: usersContract,
  sessions: sessionsContract,
  tasks: { ...tasksContract, ...quickAddContract, ...taskTransferContract, ...taskStatsContract },
  tags: tagsContract,
  events: eventsContract,
};

type Contracts = typeof contracts;
type Feature = keyof Contracts;

/** The operations as functions: `services.tasks.create(ctx, input)`. */
export type Services = { readonly [F in Feature]: Service<Contracts[F]> };

/** What there is only where accounts are the app's own. */
const OF_ACCOUNTS = ['auth', 'users', 'sessions'] as const satisfies readonly Feature[];

/** The operations of an app whose accounts are its host's. */
export type HostedServices = Omit<Services, (typeof OF_ACCOUNTS)[number]>;

/** True for operations about accounts and their sessions. */
export const isOfAccounts = ({ feature }: NamedOperation): boolean =>
  (OF_ACCOUNTS as readonly Feature[]).includes(feature);

type Id<C> = { [F in keyof C & string]: `${F}.${keyof C[F] & string}` }[keyof C & string];

/** `tasks.create`: the OpenAPI operation id, and what the command is derived from. */
export type OperationId = Id<Contracts>;

/** An operation with its name and the feature it belongs to. */
export interface NamedOperation extends Operation {
  readonly id: OperationId;
  readonly feature: Feature;
  readonly name: string;
}

export const operations: readonly NamedOperation[] = Object.entries(contracts).flatMap(([feature, contract]) =>
  Object.entries(contract as Readonly<Record<string, Operation>>).map(([name, operation]) => ({
    ...operation,
    id: `${feature}.${name}` as OperationId,
    feature: feature as Feature,
    name,
  })),
);

/** A service known only at run time. */
export type AnyService = Readonly<Record<string, (ctx: CallContext, input: unknown) => Promise<unknown>>>;

/** The same services with each function replaced by what `replace` makes of it. */
export function mapCalls(services: Services, replace: (operation: NamedOperation, call: unknown) => unknown): Services {
  const mapped: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const { feature, name } = operation;
    mapped[feature] ??= {};
    mapped[feature][name] = replace(operation, callOf(services, operation));
  }
  return mapped as unknown as Services;
}

/** The function of an operation. */
export const callOf = (app: Partial<Services>, { feature, name }: NamedOperation) =>
  (app[feature] as unknown as AnyService)[name];

/** Runs an operation known only at run time. Code that knows the name calls `app.tasks.create` instead. */
export async function run(
  app: Partial<Services>,
  operation: NamedOperation,
  ctx: CallContext,
  input: unknown,
): Promise<unknown> {
  return callOf(app, operation)?.(ctx, input);
}

/** The same as JSON text, ready to send; cached results are not parsed on the way. */
export const runAsJson = (
  app: Partial<Services>,
  operation: NamedOperation,
  ctx: CallContext,
  input: unknown,
): Promise<JsonAnswer> => callAsJson(callOf(app, operation), ctx, input);

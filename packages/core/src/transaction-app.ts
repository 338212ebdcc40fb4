import type { Actor, BoundService, CallContext } from './kernel/contract.ts';
import type { AnyService, Services } from './operations.ts';

/** The operations for one actor: `bound.tasks.create(input)`. */
export type BoundServices = { readonly [F in keyof Services]: BoundService<Services[F]> };

/** The operations on one transaction. */
export interface TransactionApp extends Services {
  /** The operations for one actor. */
  as(actor: Actor, facts?: Omit<CallContext, 'actor'>): BoundServices;
}

/** Adds `as` to services. */
export const toTransactionApp = (services: Services): TransactionApp => ({
  ...services,
  as: (actor, facts) => bind(services, { ...facts, actor }),
});

function bind(services: Services, ctx: CallContext): BoundServices {
  const bound = Object.entries(services as unknown as Record<string, AnyService>).map(([feature, service]) => [
    feature,
    Object.fromEntries(Object.entries(service).map(([name, call]) => [name, (input: unknown) => call(ctx, input)])),
  ]);
  return Object.fromEntries(bound) as BoundServices;
}

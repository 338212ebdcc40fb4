import type { OperationId } from '@taskapp/core';

/** How one operation is called, as plain data: what is left of its contract where schemas are not wanted. */
export interface Route {
  readonly method: string;
  /** `/api/things/:id` */
  readonly path: string;
  /** Fields that travel in the query although the method has a body. */
  readonly query?: readonly string[];
  /** Sent without a token. */
  readonly isPublic?: true;
  /** An idempotency key means something. */
  readonly isKeyed?: true;
  /** Carried out twice, it has the same effect as once. */
  readonly isRepeatable?: true;
  /** Answers nothing. */
  readonly isSilent?: true;
  /** Where times are in an answer, as `things.*.createdAt`. */
  readonly dates?: readonly string[];
  readonly pages?: PageRoute;
  /** `renew`: takes a refresh token and answers the next pair. `end`: takes one and ends its session. */
  readonly tokens?: 'renew' | 'end';
}

/** How a list with pages is read to its end. */
export interface PageRoute {
  /** The field of the answer that holds the items. */
  readonly items: string;
  /** What the first page is asked for with, unless the caller says otherwise. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** All operations. */
export type RouteTable = Readonly<Record<OperationId, Route>>;

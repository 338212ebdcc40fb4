import type { BoundServices, OperationId } from '@taskapp/core';
import type { Answer } from './answer.ts';
import type { CallOptions } from './options.ts';

/** What a list with pages answers, apart from its items. */
interface WithPages {
  readonly pagination: unknown;
}

type ItemOf<Page> = Page[Exclude<keyof Page, 'pagination'>] extends readonly (infer Item)[] ? Item : never;

/** A list read to its end, page after page as they are asked for. */
export interface Pages<Input, Page> {
  /** All pages, from the one that the input asks for. */
  pages(input?: Input, options?: CallOptions): AsyncGenerator<Page, void, undefined>;
  /** The items of all pages. */
  all(input?: Input, options?: CallOptions): AsyncGenerator<ItemOf<Page>, void, undefined>;
}

/** The method of the library with the options of a call behind its input. */
type Method<F> = F extends (...input: infer Input) => Promise<infer Output>
  ? ((...args: [...input: Input, options?: CallOptions]) => Promise<Output>) &
      (Output extends WithPages ? Pages<Input[0], Output> : unknown)
  : never;

type Operations = {
  readonly [Id in OperationId]: Id extends `${infer Feature extends keyof BoundServices}.${infer Name}`
    ? Name extends keyof BoundServices[Feature]
      ? BoundServices[Feature][Name]
      : never
    : never;
};

/** What an operation takes, by its name. */
export type InputOf<Id extends OperationId> = Operations[Id] extends (...input: infer Input) => unknown
  ? Input[0]
  : never;

/** What an operation answers, by its name. */
export type OutputOf<Id extends OperationId> = Operations[Id] extends (...input: never) => Promise<infer Output>
  ? Output
  : never;

/** The operations of the app over HTTP, with the inputs and results that they have in the library. */
export type ClientServices = {
  readonly [Feature in keyof BoundServices]: {
    readonly [Name in keyof BoundServices[Feature]]: Method<BoundServices[Feature][Name]>;
  };
};

/** The API of one server for one user at a time. Every call rejects with a `TaskClientError`. */
export interface TaskClient extends ClientServices {
  /** Calls an operation by its name: `tasks.create`. */
  call<Id extends OperationId>(id: Id, input?: InputOf<Id>, options?: CallOptions): Promise<OutputOf<Id>>;
  /** The same, with what the answer says besides its data. */
  send<Id extends OperationId>(id: Id, input?: InputOf<Id>, options?: CallOptions): Promise<Answer<OutputOf<Id>>>;
}

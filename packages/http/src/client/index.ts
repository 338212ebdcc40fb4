export type { Answer } from './answer.ts';
export { createTaskClient } from './client.ts';
export { type ClientErrorCode, isTaskClientError, type TaskClientError } from './client-error.ts';
export type { CallOptions, Fetch, TaskClientOptions } from './options.ts';
export type { ClientServices, InputOf, OutputOf, Pages, TaskClient } from './services.ts';
export { keepInMemory, type TokenStore, type Tokens } from './tokens.ts';

export type { TrustProxy } from './client-address.ts';
export type { Config } from './config.structure.ts';
export { type ConfigError, type Environment, isConfigError, loadConfig } from './config.ts';
export { createHttpApp, type HttpAppOptions } from './http-app.ts';
export { type HttpErrorSpec, httpErrors, toHttpError } from './http-errors.ts';
export { createLogger, type LogOptions, type ServerLogger } from './logger.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
export type { MountOptions } from './mount/base-path.ts';
export { type FastifyTaskAppOptions, fastifyTaskApp } from './mount/fastify-plugin.ts';
export {
  type FetchHandler,
  type FetchMountOptions,
  type NextHandlers,
  toFetchHandler,
  toNextHandlers,
} from './mount/fetch-handler.ts';
export { type NodeHandler, toNodeHandler } from './mount/node-handler.ts';
export { createOpenApi } from './openapi.ts';
export type { Pressure, PressureLimits } from './pressure.ts';
export type { LifecycleState } from './routes.ts';
export { type RunningServer, type ServerOptions, startServer } from './server.ts';
export { isStartError, type StartError, type StartErrorCode } from './start-errors.ts';
export { supervise } from './supervise.ts';

import { type Logger, type Tracing, traceIdsOf } from '@taskapp/core';
import { startError } from './start-errors.ts';

/**
 * Loads `@opentelemetry/api`, of which the process has one whatever else uses it. Warns where no SDK takes the spans.
 *
 * @throws StartError if the package is not installed
 */
export async function loadTracing(log: Logger): Promise<Tracing> {
  const { trace, context, propagation } = await import('@opentelemetry/api').catch((cause: unknown) => {
    throw startError('server.tracing_missing', 'TRACING is true: run `npm install @opentelemetry/api`', cause);
  });
  const isTaken = traceIdsOf(trace.getTracer('@taskapp/http').startSpan('taskapp start'));
  if (!isTaken)
    log.warn(
      'TRACING is true, but no OpenTelemetry SDK is registered: load one with `node --import`, see docs/operations.md',
    );
  return { trace, context, propagation };
}

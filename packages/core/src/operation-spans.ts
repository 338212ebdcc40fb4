import type { CallContext } from './kernel/contract.ts';
import { isTaskAppError } from './kernel/errors.ts';
import { surroundCall } from './kernel/implement.ts';
import { recordFailure, type TraceSpan, type Tracing } from './kernel/tracing.ts';
import { mapCalls, type Services } from './operations.ts';

/** The same services with a span around each call: `taskapp tasks.create`, inside the span that is active. */
export function traceServices(services: Services, { trace, context }: Tracing): Services {
  const tracer = trace.getTracer('@taskapp/core');
  return mapCalls(services, ({ id }, call) =>
    surroundCall(call, (ctx, run) => {
      const attributes = { 'taskapp.operation': id, ...describe(ctx) };
      return tracer.startActiveSpan(`taskapp ${id}`, { attributes }, context.active(), (span) => follow(span, run));
    }),
  );
}

/** Who calls is told by kind alone: traces go to others. */
const describe = ({ actor, requestId }: CallContext) => ({
  'taskapp.actor': actor?.kind ?? 'anonymous',
  ...(requestId && { 'taskapp.request_id': requestId }),
});

async function follow<T>(span: TraceSpan, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const code = isTaskAppError(error) ? error.code : 'internal.error';
    span.setAttribute('error.type', code);
    // A refusal is an answer; a failure is what nobody meant.
    const isFailure = !isTaskAppError(error) || error.kind === 'unavailable';
    if (isFailure) recordFailure(span, error instanceof Error ? error : { name: typeof error }, code);
    throw error;
  } finally {
    span.end();
  }
}

import type { Logger } from './logger.ts';

/** What the app uses of a span. */
export interface TraceSpan {
  spanContext(): { readonly traceId: string; readonly spanId: string };
  setAttribute(key: string, value: string | number): unknown;
  setStatus(status: { code: number }): unknown;
  updateName(name: string): unknown;
  recordException(exception: { name: string; code: string; message: string }): void;
  end(): void;
}

/** What goes from one function of a tracer to another. */
export interface TraceContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): TraceContext;
  deleteValue(key: symbol): TraceContext;
}

/** What a span begins with. */
export interface SpanStart {
  readonly kind?: number;
  readonly attributes?: Record<string, string | number>;
}

/** What makes spans. */
export interface Tracer {
  startActiveSpan<T>(name: string, start: SpanStart, parent: TraceContext, inside: (span: TraceSpan) => T): T;
}

/**
 * What the app uses of `@opentelemetry/api`: the module itself fits. Nothing here imports it, so whoever does not trace
 * needs no such package and pays nothing.
 */
export interface Tracing {
  readonly trace: { getTracer(name: string): Tracer; getActiveSpan(): TraceSpan | undefined };
  readonly context: { active(): TraceContext };
  readonly propagation: { extract(context: TraceContext, carrier: object): TraceContext };
}

/** False for what is given and cannot make spans. */
export const isTracing = (given: Partial<Tracing> | undefined): boolean =>
  given === undefined || typeof given?.trace?.getTracer === 'function';

/** `SpanStatusCode.ERROR`. */
const ERROR = 2;

/** The fields by which a log line is found from a trace. */
export function traceIdsOf(span: TraceSpan | undefined): { trace_id: string; span_id: string } | undefined {
  const { traceId, spanId } = span?.spanContext() ?? {};
  // Without an SDK every span is number 0.
  return traceId && spanId && !/^0+$/.test(traceId) ? { trace_id: traceId, span_id: spanId } : undefined;
}

/**
 * Marks a span as failed. Of the error it tells name and code alone: messages of databases can hold what people wrote, and
 * traces go to others. The log has the whole error, under the same trace.
 */
export function recordFailure(span: TraceSpan, error: { name: string }, code: string): void {
  span.recordException({ name: error.name, code, message: code });
  span.setStatus({ code: ERROR });
}

/** A logger whose lines name the trace that they belong to, where there is one. */
export function traceLog(log: Logger, { trace }: Tracing): Logger {
  const write = (level: keyof Logger) => (message: string, meta?: object) =>
    log[level](message, { ...traceIdsOf(trace.getActiveSpan()), ...meta });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

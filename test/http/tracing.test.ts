import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createTaskApp, type Logger, silent } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { loadTracing } from '../../packages/http/src/tracing.ts';
import { createWorld, secrets } from '../support/world.ts';

const warnings: string[] = [];
const listening: Logger = { ...silent, warn: (message) => warnings.push(message) };
// Before anything takes the spans, as for somebody who forgot to load an SDK.
await loadTracing(listening);

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracing = await loadTracing(listening);

interface Line {
  readonly message: string;
  readonly trace_id?: string;
  readonly span_id?: string;
}
const lines: Line[] = [];
const write = (message: string, meta?: object) => lines.push({ message, ...meta });
const log: Logger = { debug: write, info: write, warn: write, error: write };
const { app, db, user } = await createWorld({ tracing });
const http = supertest(createHttpApp(app, { tracing, log }).callback());

/** The spans of what `act` does, the outer ones last. */
async function spansOf(act: () => unknown) {
  exporter.reset();
  lines.length = 0;
  await act();
  // A request's span ends with its connection's part of it, which is after the client has the answer.
  for (let tries = 0; tries < 100 && !exporter.getFinishedSpans().some(({ kind }) => kind === 1); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return exporter.getFinishedSpans();
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

describe('tracing', () => {
  it('says once that nothing takes the spans, and says nothing where something does', () => {
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /no OpenTelemetry SDK is registered/);
  });

  it('continues the trace of the caller: request, then operation, and the log line names both', async () => {
    const { bearer } = await user();
    const spans = await spansOf(() =>
      http
        .post('/api/tasks?secret=1')
        .set('Authorization', bearer)
        .set('traceparent', `00-${TRACE}-${CALLER}-01`)
        .send({ title: 'Buy milk' })
        .expect(400),
    );
    assert.equal(JSON.stringify(spans.map(({ name, attributes }) => [name, attributes])).includes('secret'), false);
    const created = await spansOf(() =>
      http
        .post('/api/tasks')
        .set('Authorization', bearer)
        .set('traceparent', `00-${TRACE}-${CALLER}-01`)
        .send({ title: 'Buy milk' })
        .expect(201),
    );
    const [operation, request] = created;
    assert.deepEqual([operation?.name, request?.name], ['taskapp tasks.create', 'POST /api/tasks']);
    const id = request!.spanContext();
    assert.deepEqual([id.traceId, request?.parentSpanContext?.spanId], [TRACE, CALLER]);
    assert.equal(operation?.parentSpanContext?.spanId, id.spanId);
    const line = lines.find(({ message }) => message === 'request');
    assert.deepEqual([line?.trace_id, line?.span_id], [TRACE, id.spanId]);
    const { 'client.address': address, 'taskapp.request_id': requestId, ...attributes } = request!.attributes;
    assert.ok(address && requestId);
    assert.deepEqual(attributes, {
      'http.request.method': 'POST',
      'http.route': '/api/tasks',
      'http.response.status_code': 201,
      'network.protocol.version': '1.1',
      'url.path': '/api/tasks',
      'url.scheme': 'http',
    });
    assert.equal(JSON.stringify(created.map((span) => span.attributes)).includes('milk'), false);
  });

  it('names refusals by their code, and marks failures alone as such', async () => {
    const { bearer } = await user();
    const missing = '/api/tasks/0198c7a2-6f3e-7c41-9b1d-5f1c2a7e4d90';
    const refused = await spansOf(() => http.get(missing).set('Authorization', bearer).expect(404));
    for (const span of refused)
      assert.deepEqual([span.attributes['error.type'], span.status.code], ['task.not_found', 0]);
    assert.equal(refused.at(-1)?.attributes['http.route'], '/api/tasks/:id');
    await db.raw('alter table taskapp.tasks rename to gone');
    const failed = await spansOf(() => http.get(missing).set('Authorization', bearer).expect(503));
    await db.raw('alter table taskapp.gone rename to tasks');
    const code = failed[0]?.attributes['error.type'];
    assert.match(`${code}`, /^database\./);
    assert.equal(failed.length, 2);
    for (const { attributes, status, events } of failed) {
      assert.deepEqual([attributes['error.type'], status.code], [code, 2]);
      assert.deepEqual([events[0]?.name, events[0]?.attributes?.['exception.message']], ['exception', code]);
    }
    const line = lines.find(({ message }) => message === 'Request refused');
    assert.equal(line?.trace_id, failed[0]?.spanContext().traceId);
  });

  it('adds no second span of the request where the server around has one, and none for probes', async () => {
    const { bearer } = await user();
    const spans = await spansOf(() =>
      trace.getTracer('host').startActiveSpan('host', { kind: 1 }, async (span) => {
        await app.tasks.list({ actor: (await app.access.authenticate(app.access.verify(bearer.slice(7)))).actor }, {});
        span.end();
      }),
    );
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['taskapp tasks.list', 'host'],
    );
    const server = createHttpApp(app, { tracing });
    const handler = server.callback();
    const { createServer } = await import('node:http');
    const mounted = createServer((request, response) =>
      trace.getTracer('host').startActiveSpan('host', { kind: 1 }, (span) => {
        response.once('finish', () => span.end());
        void handler(request, response);
      }),
    ).listen(0);
    await once(mounted, 'listening');
    const names = async (path: string) =>
      (await spansOf(() => supertest(mounted).get(path).set('Authorization', bearer))).map(({ name }) => name);
    assert.deepEqual(await names('/api/tasks'), ['taskapp tasks.list', 'host']);
    mounted.close();
    exporter.reset();
    await http.get('/livez').expect(200);
    assert.deepEqual(exporter.getFinishedSpans(), []);
  });

  it('makes no span where it was not asked for', async () => {
    const quiet = await createWorld({ redis: null });
    const { as } = await quiet.user();
    exporter.reset();
    await as.tasks.create({ title: 'Buy milk' });
    assert.deepEqual(exporter.getFinishedSpans(), []);
  });

  it('is refused with something else than the module', () => {
    const options = { db, redis: null, secrets: secrets(), tracing: {} as never };
    assert.throws(() => createTaskApp(options), /tracing: Must be the module @opentelemetry\/api/);
  });
});

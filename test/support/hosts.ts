import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { bodyParser } from '@koa/bodyparser';
import { fastifyTaskApp, toFetchHandler, toNextHandlers, toNodeHandler } from '@taskapp/http';
import express from 'express';
import Fastify from 'fastify';
import { type Context, Hono } from 'hono';
import Koa from 'koa';
import mount from 'koa-mount';
import { atEnd } from './cleanup.ts';

/** A host that serves the app below `/tasks-api`, and `GET /hello` and `POST /echo` by itself. */
export interface Host {
  /** Sends a request to the host; the path is the host's. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** Where it listens, if it does. */
  readonly url?: string;
}

export const PREFIX = '/tasks-api';

async function serve(server: Server): Promise<Host> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, send: (path, init) => fetch(url + path, { redirect: 'manual', ...init }) };
}

const listenWith = (listener: RequestListener) => serve(createServer(listener));

/** A host in Express; `parsers` run before the app. */
function createExpress(http: Koa, parsers: express.RequestHandler[]) {
  const host = express();
  for (const parser of parsers) host.use(parser);
  host.use(PREFIX, toNodeHandler(http));
  host.get('/hello', (_request, response) => void response.json({ host: 'Express' }));
  host.post('/echo', express.raw({ type: '*/*' }), ({ body }, response) => {
    response.send(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
  return listenWith(host);
}

function createKoa(http: Koa, parse: boolean) {
  const host = new Koa();
  if (parse) host.use(bodyParser());
  host.use(mount(PREFIX, http));
  if (!parse) host.use(bodyParser());
  host.use((ctx) => {
    if (ctx.path === '/hello') ctx.body = { host: 'Koa' };
    if (ctx.path === '/echo') ctx.body = ctx.request.body;
  });
  return listenWith(host.callback());
}

async function createFastify(http: Koa) {
  const host = Fastify();
  host.register(fastifyTaskApp, { prefix: PREFIX, http });
  host.get('/hello', () => ({ host: 'Fastify' }));
  host.post('/echo', (request) => request.body);
  await host.listen({ port: 0, host: '127.0.0.1' });
  return serve(host.server);
}

function createHono(http: Koa) {
  const clientAddress = (_request: Request, context: Context) => getConnInfo(context).remote.address;
  const handler = toFetchHandler(http, { basePath: PREFIX, clientAddress });
  const host = new Hono();
  host.all(`${PREFIX}/*`, (context) => handler(context.req.raw, context));
  host.get('/hello', (context) => context.json({ host: 'Hono' }));
  host.post('/echo', async (context) => context.json(await context.req.json()));
  return listenWith(getRequestListener(host.fetch));
}

function createNode(http: Koa) {
  const handle = toNodeHandler(http, { basePath: PREFIX });
  return listenWith((request, response) => {
    void handle(request, response, () => {
      if (request.url === '/hello') return response.end('{"host":"node:http"}');
      if (request.url === '/echo') return request.pipe(response);
      response.writeHead(404).end('host');
    });
  });
}

/** What Next does with a route file, and with two more of the host. */
function createNext(http: Koa): Host {
  const handlers = toNextHandlers(http, { basePath: PREFIX });
  const send = async (path: string, init?: RequestInit) => {
    const request = new Request(`http://next.test${path}`, init);
    const context = { params: Promise.resolve({ path: path.split('/') }) };
    if (path === '/hello') return Response.json({ host: 'Next' });
    if (path === '/echo') return new Response(request.body);
    if (!path.startsWith(`${PREFIX}/`)) return new Response('host', { status: 404 });
    const handler = handlers[request.method as keyof typeof handlers];
    return handler ? handler(request, context) : new Response(null, { status: 405 });
  };
  return { send };
}

/** All hosts, by name. */
export const HOSTS: Readonly<Record<string, (http: Koa) => Promise<Host> | Host>> = {
  Koa: (http) => createKoa(http, false),
  'Koa behind its body parser': (http) => createKoa(http, true),
  Express: (http) => createExpress(http, []),
  'Express behind its body parsers': (http) => createExpress(http, [express.json(), express.urlencoded()]),
  'Express behind a parser of bytes': (http) => createExpress(http, [express.raw({ type: '*/*' })]),
  Fastify: createFastify,
  Hono: createHono,
  'node:http': createNode,
  Next: createNext,
};

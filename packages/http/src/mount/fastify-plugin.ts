import type { ServerResponse } from 'node:http';
import type Koa from 'koa';
import type { HostRequest } from './base-path.ts';
import { toNodeHandler } from './node-handler.ts';

/** What the plugin asks of Fastify. */
export interface FastifyHost {
  readonly prefix: string;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    contentType: string,
    parser: (request: never, payload: never, done: (error: Error | null) => void) => void,
  ): unknown;
  all(path: string, handler: (request: FastifyRequestOfHost, reply: FastifyReplyOfHost) => void): unknown;
}

interface FastifyRequestOfHost {
  readonly raw: HostRequest;
}

interface FastifyReplyOfHost {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

export interface FastifyTaskAppOptions {
  /** The app to serve, below the `prefix` that the plugin is registered with. */
  readonly http: Koa;
}

/**
 * A plugin for Fastify: `fastify.register(fastifyTaskApp, { prefix: '/tasks-api', http })`. The host's hooks run first,
 * its parsers do not, and its replies have no part in the answers.
 */
export async function fastifyTaskApp(fastify: FastifyHost, { http }: FastifyTaskAppOptions): Promise<void> {
  const handle = toNodeHandler(http, { basePath: fastify.prefix });
  // Only for the routes of this plugin: Fastify keeps what is changed inside of one from everybody else.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
  fastify.all('/*', (request, reply) => {
    reply.hijack();
    void handle(request.raw, reply.raw);
  });
}

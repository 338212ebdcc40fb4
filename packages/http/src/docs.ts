import { readFile } from 'node:fs/promises';
import type { Context } from 'koa';
import { httpErrors, refuse } from './http-errors.ts';
import { scopeOf } from './request-scope.ts';
import type { Routers } from './routers.ts';

/** Where `scripts/vendor-docs.mjs` puts Swagger UI, both for the sources and for the built package. */
const ASSETS = new URL('../assets/docs/', import.meta.url);
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

// All addresses are relative to /docs, so the page works below any prefix, also one that a proxy takes off.
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Task app API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <noscript>This page needs JavaScript; the description itself is at <a href="openapi.json">openapi.json</a>.</noscript>
    <main id="api"></main>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;
const START = `window.ui = window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayOperationId: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};

/** Adds the page that shows the API's description and tries it out; it asks nothing of any other host. */
export function registerDocs(routers: Routers): void {
  routers.forRoute('/docs').get('/docs', (ctx) => {
    scopeOf(ctx).route = '/docs';
    // Below `/docs/` the relative addresses would lead astray.
    if (ctx.path.endsWith('/')) return ctx.redirect('../docs');
    ctx.set({ 'Content-Security-Policy': CSP, 'Cache-Control': 'no-cache' });
    ctx.type = 'html';
    ctx.body = PAGE;
  });
  routers.forRoute('/docs/:file').get('/docs/:file', async (ctx) => {
    scopeOf(ctx).route = '/docs/:file';
    await sendFile(ctx, ctx.params.file ?? '');
  });
}

async function sendFile(ctx: Context, name: string): Promise<void> {
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (name === 'start.js') {
    ctx.type = 'text/javascript';
    ctx.body = START;
  } else if (type) {
    ctx.type = type;
    ctx.body = await readFile(new URL(name, ASSETS)).catch((cause: unknown) =>
      refuse(httpErrors.docsMissing, { cause }),
    );
  } else refuse(httpErrors.routeNotFound);
  ctx.set('Cache-Control', 'public, max-age=3600');
}

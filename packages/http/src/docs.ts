import { readFile } from 'node:fs/promises';
import type { Context } from 'koa';
import { PAGE, SCRIPT, STYLE } from './docs-page.ts';
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

/** What is Swagger UI's, and what is ours. */
const FILES: Readonly<Record<string, { readonly type: string; readonly text?: string }>> = {
  'swagger-ui.css': { type: 'text/css' },
  'swagger-ui-bundle.js': { type: 'text/javascript' },
  'page.css': { type: 'text/css', text: STYLE },
  'start.js': { type: 'text/javascript', text: SCRIPT },
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
  const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (!file) refuse(httpErrors.routeNotFound);
  ctx.type = file.type;
  ctx.body = file.text ?? (await readAsset(name));
  ctx.set('Cache-Control', 'public, max-age=3600');
}

const readAsset = (name: string): Promise<Buffer> =>
  readFile(new URL(name, ASSETS)).catch((cause: unknown) => refuse(httpErrors.docsMissing, { cause }));

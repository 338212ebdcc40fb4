import { writeFile } from 'node:fs/promises';
import { operations } from '@taskapp/core';
import { renderRoutes } from './describe-routes.ts';

// A step of the build, after the compiler: `node packages/http/dist/client/write-routes.js`.
await writeFile(new URL('./routes.js', import.meta.url), renderRoutes(operations));

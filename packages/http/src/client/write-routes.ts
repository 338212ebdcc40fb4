import { writeFile } from 'node:fs/promises';
import { operations } from '@taskapp/core';
import { describeRoutes } from './describe-routes.ts';

// A step of the build, after the compiler: `node packages/http/dist/client/write-routes.js`.
const text = `export const routes = ${JSON.stringify(describeRoutes(operations))};\n`;
await writeFile(new URL('./routes.js', import.meta.url), text);

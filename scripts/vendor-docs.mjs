// Copies what the documentation page shows into the package that serves it, so that no other host is ever asked.
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'];

const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const target = fileURLToPath(new URL('../packages/http/assets/docs/', import.meta.url));

await mkdir(target, { recursive: true });
await Promise.all(FILES.map((file) => copyFile(join(source, file), join(target, file))));

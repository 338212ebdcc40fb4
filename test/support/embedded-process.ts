import { openEmbeddedPostgres } from '../../packages/cli/src/embedded/embedded.ts';

/** A process of its own that opens the embedded PostgreSQL, prints its address, and releases when its stdin ends. */
const options = JSON.parse(process.argv[2] ?? '{}');
try {
  const { url, started, release } = await openEmbeddedPostgres(options);
  process.stdout.write(`${JSON.stringify({ url, started })}\n`);
  process.stdin.resume();
  process.stdin.once('end', () => void release().then(() => process.exit(0)));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
}

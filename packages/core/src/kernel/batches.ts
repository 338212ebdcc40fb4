import DataLoader from 'dataloader';

const MAX_BATCH = 100;

/**
 * Collects the questions of one turn of the event loop and answers them together, in their order; a single one waits
 * for the end of the turn, and nothing else. Nothing is kept: every question is answered by a `load` that begins after it.
 */
export function batch<K, V>(load: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
  const loader = new DataLoader<K, V>(load, {
    cache: false,
    maxBatchSize: MAX_BATCH,
    batchScheduleFn: (start) => void setImmediate(start),
  });
  return (key) => loader.load(key);
}

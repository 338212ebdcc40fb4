import { checkNode } from '../oracles.ts';
import type { World } from '../scenario.ts';
import { type ApiNode, createNode, type NodeLaunch } from './node.ts';

export interface OwnNode extends NodeLaunch {
  /** On top of the environment of the other nodes. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts another node for `work`, judges its log and its end, and kills it. */
export async function withNode<T>(world: World, own: OwnNode, work: (node: ApiNode) => Promise<T>): Promise<T> {
  const { cluster } = world;
  const node = await createNode({ ...cluster.environment, ...own.settings }, [cluster.canary], own);
  try {
    await node.start();
    return await work(node);
  } finally {
    await node.end('SIGKILL');
    checkNode(world, node);
  }
}

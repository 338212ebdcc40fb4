import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Verdict } from './proxy.ts';

/** Which way bytes travel. */
export type Side = 'requests' | 'replies';

/** What the pumps of a proxy share. */
export interface PumpState {
  fault: Fault;
  readonly judge: (chunk: Buffer) => Verdict;
  /** Called, and forgotten, when the fault changes. */
  readonly healed: Set<() => void>;
}

export interface PumpOptions {
  readonly state: PumpState;
  readonly link: {
    readonly client: Socket;
    readonly server: Socket | undefined;
    tainted: boolean;
    readonly forgotten: boolean;
  };
  readonly side: Side;
  readonly from: Socket;
  readonly to: Socket;
}

/** Carries bytes one way, in order, through whatever fault is set. */
export function createPump(options: PumpOptions): void {
  const { from, to } = options;
  const queue: (Buffer | undefined)[] = [];
  let busy = false;
  const drain = async () => {
    if (busy) return;
    busy = true;
    while (queue.length > 0) {
      await passable(options, queue[0]);
      const chunk = queue.shift();
      if (chunk) deliver(options, chunk);
      else to.end();
    }
    busy = false;
  };
  const push = (chunk: Buffer | undefined) => {
    queue.push(chunk);
    void drain();
  };
  let sent = 0;
  from.on('data', (chunk: Buffer) => {
    sent += chunk.length;
    push(chunk);
    const { fault } = options.state;
    if (options.side === 'requests' && fault.kind === 'cut-after' && sent >= fault.bytes) push(undefined);
  });
  from.once('close', () => push(undefined));
}

async function passable({ state, side, link }: PumpOptions, chunk: Buffer | undefined): Promise<void> {
  const isHeld = () => {
    const { fault } = state;
    if (link.forgotten) return true;
    return fault.kind === 'blackhole' && (fault.only === undefined || fault.only === side);
  };
  while (isHeld()) await new Promise<void>((resolve) => state.healed.add(resolve));
  const { fault } = state;
  if (fault.kind === 'latency') await sleep(Math.max(0, fault.ms + (Math.random() * 2 - 1) * (fault.jitter ?? 0)));
  if (fault.kind === 'throttle') await sleep(((chunk?.length ?? 0) / fault.bytesPerSecond) * 1000);
}

function deliver({ state, side, to, link }: PumpOptions, chunk: Buffer): void {
  if (side === 'replies' && (state.fault.kind === 'drop-replies' || link.tainted)) return;
  const verdict = side === 'requests' ? state.judge(chunk) : 'pass';
  if (verdict === 'pass') return void to.write(chunk);
  link.tainted = true;
  // The server works through what it got before it sees the end of the connection.
  if (verdict === 'orphan') to.end(chunk);
  else to.destroy();
  link.client.resetAndDestroy();
}

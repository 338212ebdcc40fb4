import { Writable } from 'node:stream';

/** What a pipe takes as a whole (`PIPE_BUF`): lines of several processes on one pipe do not mix. */
const MAX_TOGETHER = 4096;

/** Where lines go. */
export interface LineSink {
  /** Takes a line that ends as lines do. */
  add(line: string): void;
  /** The same as a stream; ending it writes what is left. */
  readonly stream: Writable;
}

/** Writes the lines of one turn of the event loop together: each write is a system call, which costs more than a line. */
export function gatherLines(stream: Writable): LineSink {
  let lines = '';
  const flush = () => {
    if (lines === '') return;
    stream.write(lines);
    lines = '';
  };
  const add = (line: string) => {
    if (lines.length + line.length > MAX_TOGETHER) flush();
    if (lines === '') setImmediate(flush);
    lines += line;
  };
  const sink = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      add(line);
      done();
    },
    final: (done) => {
      flush();
      done();
    },
  });
  return { add, stream: sink };
}

/** Bytes of lines that wait for a slow reader; beyond them lines are dropped, or they would fill the memory. */
const MAX_WAITING = 1024 * 1024;

/** Answers whether a line has to be dropped; once there is room again, reports how many were. */
export function countDropped(stream: Writable, report: (dropped: number) => void): () => boolean {
  let dropped = 0;
  return () => {
    if (stream.writableLength > MAX_WAITING) {
      dropped += 1;
      return true;
    }
    const missed = dropped;
    dropped = 0;
    if (missed > 0) report(missed);
    return false;
  };
}

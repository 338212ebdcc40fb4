import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Speaks the protocol of Redis and answers whatever it is told to. */
export interface FakeRedis {
  readonly port: number;
  /** The error with which every command but those of a new connection is answered. */
  reply: string;
  /** Commands that were answered so. */
  readonly refused: number;
  close(): void;
}

/** What a client asks before it works, or to see whether somebody is there. */
const GREETINGS: Readonly<Record<string, string>> = {
  INFO: bulk('redis_version:7.0.15\r\nloading:0\r\nrole:master\r\n'),
  HELLO: '%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n',
  CLIENT: '+OK\r\n',
  SELECT: '+OK\r\n',
  PING: '+PONG\r\n',
};

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** Listens on a port of 127.0.0.1. */
export async function startFakeRedis(reply: string): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const state = { reply, refused: 0 };
  const answer = (name: string) => {
    const greeting = GREETINGS[name];
    if (greeting) return greeting;
    state.refused += 1;
    return `-${state.reply}\r\n`;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let rest = '';
    socket.on('data', (chunk) => {
      const read = readCommands(rest + chunk.toString('latin1'));
      rest = read.rest;
      socket.write(read.names.map(answer).join(''));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
}

/** The names of the whole commands at the beginning of `text`, and what is left of it. */
function readCommands(text: string): { names: string[]; rest: string } {
  const names: string[] = [];
  for (let rest = text; ; ) {
    const command = readCommand(rest);
    if (!command) return { names, rest };
    names.push(command.name);
    rest = command.rest;
  }
}

function readCommand(text: string): { name: string; rest: string } | undefined {
  const count = /^\*(\d+)\r\n/.exec(text);
  if (!count) return undefined;
  let at = count[0].length;
  const words: string[] = [];
  for (let n = Number(count[1]); n > 0; n -= 1) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (!length) return undefined;
    at += length[0].length;
    const end = at + Number(length[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(at, end));
    at = end + 2;
  }
  return { name: (words[0] ?? '').toUpperCase(), rest: text.slice(at) };
}

import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whose `X-Forwarded-For` is believed: nobody's, that of the last n hops, or that of peers in these networks. */
export type TrustProxy = 'none' | number | readonly string[];

const UNKNOWN = 'unknown';

/** The canonical form of an address: IPv4-mapped IPv6 is IPv4, zone ids are dropped; undefined for anything else. */
function canonical(value: string): string | undefined {
  const [address = ''] = value.trim().split('%', 1);
  return isIP(address) === 0 ? undefined : ipaddr.process(address).toString();
}

/** The address of the other end of a connection, worked out once for all of its requests. */
function createPeerAddress(): (socket: Socket | undefined) => string {
  const known = new WeakMap<Socket, string>();
  return (socket) => {
    if (!socket) return UNKNOWN;
    const address = known.get(socket) ?? canonical(socket.remoteAddress ?? '') ?? UNKNOWN;
    known.set(socket, address);
    return address;
  };
}

function parseNetwork(network: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (network.includes('/')) return ipaddr.parseCIDR(network);
  const address = ipaddr.process(network);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function createTrust(trust: TrustProxy): (address: string, hop: number) => boolean {
  if (trust === 'none') return () => false;
  if (typeof trust === 'number') return (_address, hop) => hop < trust;
  const networks = trust.map(parseNetwork);
  return (address) => {
    if (address === UNKNOWN) return false;
    const parsed = ipaddr.parse(address);
    return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
}

/**
 * Makes a function that tells the address of a request's client: walks from the peer leftwards through
 * `X-Forwarded-For` over trusted hops and stops at the first hop that is not trusted or no address.
 */
export function createClientAddress(trust: TrustProxy): (request: IncomingMessage) => string {
  const isTrusted = createTrust(trust);
  const peerOf = createPeerAddress();
  return ({ socket, headers }) => {
    const peer = peerOf(socket);
    if (headers['x-forwarded-for'] === undefined) return peer;
    const forwarded = `${headers['x-forwarded-for'] ?? ''}`.split(',').reverse();
    let address = peer;
    for (const [hop, entry] of forwarded.entries()) {
      const next = canonical(entry);
      if (!next || !isTrusted(address, hop)) break;
      address = next;
    }
    return address;
  };
}

/** Makes a function that tells whether what a request's peer says of the client's connection is believed. */
export function createPeerTrust(trust: TrustProxy): (request: IncomingMessage) => boolean {
  const isTrusted = createTrust(trust);
  return ({ socket }) => isTrusted(canonical(socket?.remoteAddress ?? '') ?? UNKNOWN, 0);
}

/** True for a peer on this machine that forwards for nobody. */
export function isLocalCaller({ socket, headers }: IncomingMessage): boolean {
  const address = canonical(socket?.remoteAddress ?? '');
  const forwarded = 'x-forwarded-for' in headers || 'forwarded' in headers;
  return !forwarded && address !== undefined && ipaddr.parse(address).range() === 'loopback';
}

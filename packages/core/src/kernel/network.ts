import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const IPV6_PREFIX_PARTS = 4;

/** What one caller owns: an IPv4 address, the /64 of an IPv6 one. Limits count networks, not addresses. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.parse(address) as ipaddr.IPv6;
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const prefix = parsed.parts.slice(0, IPV6_PREFIX_PARTS).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}

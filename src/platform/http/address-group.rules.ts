import { isIPv6 } from 'node:net';
import { isLoopbackHost } from './outbound.rules.js';

const MAPPED_V4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS_OF_64_BITS = 4;

function firstHalf(address: string): string {
  const [head = '', tail] = address.split('::');
  const heads = head === '' ? [] : head.split(':');
  const tails = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - heads.length - tails.length) }, () => '0');
  return [...heads, ...zeros, ...tails].slice(0, GROUPS_OF_64_BITS).join(':');
}

/** Who is counted as one: an IPv4 address, or the /64 that one subscriber gets. Undefined for this machine itself. */
export function addressGroup(ip: string): string | undefined {
  const address = MAPPED_V4.exec(ip)?.[1] ?? ip.toLowerCase();
  if (isLoopbackHost(address)) return undefined;
  return isIPv6(address) ? `${firstHalf(address)}::/64` : address;
}

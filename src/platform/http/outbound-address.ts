import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Destination } from './outbound-allow.js';
import { addressFault, type OutboundPolicy } from './outbound.rules.js';

/** Where a host leads: to be called at these addresses and no others; or why it is not called. */
export type Judged = { readonly addresses: readonly string[] } | { readonly fault: string };

/** `dns.lookup` of all addresses. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Ssh is given the first one alone: more machines can reach that of IPv4. */
async function systemResolve(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true, order: 'ipv4first' })).map(({ address }) => address);
}

/** Looks a host up once, for programs that are told the address to call. @throws the error of the look-up */
export async function judgedAddresses(
  destination: Destination,
  policy: OutboundPolicy,
  resolve: Resolve = systemResolve,
): Promise<Judged> {
  const { hostname } = destination;
  const addresses = isIP(hostname) === 0 ? await resolve(hostname) : [hostname];
  if (addresses.length === 0) return { fault: 'it has no address' };
  const faults = addresses.map((address) => addressFault(address, destination, policy));
  const fault = faults.find((each) => each !== undefined);
  return fault === undefined ? { addresses } : { fault };
}

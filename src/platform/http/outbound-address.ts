import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPrivateAddress } from './private-address.rules.js';

/** Whether a host leads, by any of its addresses, into a private network; so does one that has none. */
export async function leadsToPrivateNetwork(hostname: string): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return isPrivateAddress(host);
  const addresses = await lookup(host, { all: true });
  return addresses.length === 0 || addresses.some(({ address }) => isPrivateAddress(address));
}

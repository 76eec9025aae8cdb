import { BlockList, isIP } from 'node:net';
import { isPrivateAddress } from './private-address.rules.js';

export interface OutboundPolicy {
  /** Private networks may be called, and plain http be spoken: the operator's decision. */
  readonly allowPrivate: boolean;
  /** This machine itself may be called, over plain http, too. */
  readonly allowLoopback: boolean;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export function isLoopbackHost(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || isLoopbackAddress(host);
}

/** Whether a connection to this IP address may be opened. */
export function isAllowedAddress(address: string, { allowPrivate, allowLoopback }: OutboundPolicy): boolean {
  if (allowPrivate || !isPrivateAddress(address)) return true;
  return allowLoopback && isLoopbackAddress(address);
}

/** Why a URL that somebody else wrote is not called; undefined when it may be. Names are judged when they are looked up. */
export function outboundFault(url: URL, policy: OutboundPolicy): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https and http are spoken';
  if (url.username !== '' || url.password !== '') return 'it contains credentials';
  const isPlainAllowed = policy.allowPrivate || (policy.allowLoopback && isLoopbackHost(url.hostname));
  if (url.protocol === 'http:' && !isPlainAllowed) return 'plain http is not spoken to other machines';
  const host = bare(url.hostname);
  if (isIP(host) !== 0 && !isAllowedAddress(host, policy)) return 'it leads into a private network';
  return undefined;
}

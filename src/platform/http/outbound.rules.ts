import { BlockList, isIP } from 'node:net';
import type { OutboundEntry } from '../config/index.js';
import { type Destination, isIn, OutboundAllowList } from './outbound-allow.js';
import { isPrivateAddress } from './private-address.rules.js';

export interface OutboundPolicy {
  /** Private addresses that may be called, and where plain http may be spoken: the operator's decision. */
  readonly allow: OutboundAllowList;
  /** This machine itself may be called, over plain http, too. */
  readonly allowLoopback: boolean;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ssh:': 22 };

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

export function isLoopbackHost(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || isIn(LOOPBACK, host);
}

/**
 * What may be called. A control plane whose own address is a loopback address, which nobody else can reach either,
 * may call the machine that it runs on; `publicUrl` is absent where that is no exception.
 */
export function outboundPolicy(entries: readonly OutboundEntry[], publicUrl?: string): OutboundPolicy {
  const allowLoopback = publicUrl !== undefined && isLoopbackHost(new URL(publicUrl).hostname);
  return { allow: new OutboundAllowList(entries), allowLoopback };
}

export function destinationOf({ hostname, port, protocol }: Pick<URL, 'hostname' | 'port' | 'protocol'>): Destination {
  const known = port === '' ? DEFAULT_PORTS[protocol] : Number(port);
  return { hostname: bare(hostname), port: known ?? 0, isPlain: protocol === 'http:' };
}

/** Why no connection to this IP address is opened; undefined when it may be. */
export function addressFault(
  address: string,
  destination: Destination,
  { allow, allowLoopback }: OutboundPolicy,
): string | undefined {
  if (allow.holds(address, destination) || (allowLoopback && isIn(LOOPBACK, address))) return undefined;
  if (isPrivateAddress(address)) return 'it leads into a private network';
  return destination.isPlain ? 'plain http is not spoken to other machines' : undefined;
}

/** Plain http to a name: whether some address of it could be one where that is allowed. */
function mayBePlain(destination: Destination, { allow, allowLoopback }: OutboundPolicy): boolean {
  if (allow.names(destination) || allow.hasNetworkFor(destination)) return true;
  return allowLoopback && isLoopbackHost(destination.hostname);
}

/** Why a URL that somebody else wrote is not called; undefined when it may be. Names are judged when they are looked up. */
export function outboundFault(url: URL, policy: OutboundPolicy): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https and http are spoken';
  if (url.username !== '' || url.password !== '') return 'it contains credentials';
  const destination = destinationOf(url);
  if (isIP(destination.hostname) !== 0) return addressFault(destination.hostname, destination, policy);
  const isRefused = destination.isPlain && !mayBePlain(destination, policy);
  return isRefused ? 'plain http is not spoken to other machines' : undefined;
}

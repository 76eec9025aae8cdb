import { isIP, isIPv6 } from 'node:net';

/** One entry of the operator's list of what URLs of others may lead to. */
export type OutboundEntry =
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly port?: number }
  /** `*.` at the front stands for any name below. */
  | { readonly kind: 'host'; readonly pattern: string; readonly port?: number };

const LABELS = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
/** `host`, `host:port`, `[v6]`, `[v6]:port`, each with `/prefix` before the port. */
const PARTS = /^(?:\[([^\]/]+)\]|([^:/[\]]+))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/;
const BARE_V6 = /^([0-9a-f:.]*:[0-9a-f:.]*)(?:\/(\d{1,3}))?$/i;
const MAX_PORT = 65_535;

function network(address: string, prefix: string | undefined, port?: number): OutboundEntry | undefined {
  const bits = isIPv6(address) ? 128 : 32;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  return { kind: 'network', address, prefix: length, ...(port !== undefined && { port }) };
}

/** Undefined for what is no entry. */
export function parseOutboundEntry(text: string): OutboundEntry | undefined {
  const v6 = BARE_V6.exec(text);
  if (v6?.[1] !== undefined && isIPv6(v6[1])) return network(v6[1], v6[2]);
  const [, inBrackets, plain, prefix, portText] = PARTS.exec(text.toLowerCase()) ?? [];
  const host = inBrackets ?? plain;
  const port = portText === undefined ? undefined : Number(portText);
  if (host === undefined || port === 0 || (port ?? 1) > MAX_PORT) return undefined;
  if (isIP(host) !== 0) return network(host, prefix, port);
  // All digits and dots, and no address: a slip of the pen that would never match a name.
  if (inBrackets !== undefined || prefix !== undefined || !LABELS.test(host) || /^[\d.]+$/.test(host)) return undefined;
  return { kind: 'host', pattern: host, ...(port !== undefined && { port }) };
}

/** Whether the text is an address, or a network as address/prefix. */
export function isAddressOrNetwork(text: string): boolean {
  const entry = parseOutboundEntry(text);
  return entry?.kind === 'network' && entry.port === undefined && !text.includes('[');
}

export function outboundEntryText(entry: OutboundEntry): string {
  const port = entry.port === undefined ? '' : `:${entry.port}`;
  if (entry.kind === 'host') return entry.pattern + port;
  const host = isIPv6(entry.address) && port !== '' ? `[${entry.address}]` : entry.address;
  return `${host}/${entry.prefix}${port}`;
}

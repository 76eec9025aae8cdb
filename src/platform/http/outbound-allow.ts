import { BlockList, isIP } from 'node:net';
import type { OutboundEntry } from '../config/index.js';

/** A port of a host that a URL names. */
export interface Destination {
  /** Without brackets, in lower case. */
  readonly hostname: string;
  readonly port: number;
  /** Without TLS. */
  readonly isPlain: boolean;
}

const V4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Never reached by a name alone: services of the machine's own host or cloud, which answer to nobody's name. */
const BY_NETWORK_ONLY = new BlockList();
BY_NETWORK_ONLY.addSubnet('169.254.0.0', 16, 'ipv4');
BY_NETWORK_ONLY.addSubnet('0.0.0.0', 8, 'ipv4');
BY_NETWORK_ONLY.addSubnet('224.0.0.0', 3, 'ipv4');
BY_NETWORK_ONLY.addAddress('100.100.100.200', 'ipv4');
BY_NETWORK_ONLY.addAddress('::', 'ipv6');
BY_NETWORK_ONLY.addSubnet('fe80::', 10, 'ipv6');
BY_NETWORK_ONLY.addSubnet('ff00::', 8, 'ipv6');
BY_NETWORK_ONLY.addAddress('fd00:ec2::254', 'ipv6');
BY_NETWORK_ONLY.addSubnet('64:ff9b::', 96, 'ipv6');

export function isIn(list: BlockList, address: string): boolean {
  const plain = V4_MAPPED.exec(address)?.[1] ?? address;
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

function blockOf(entry: Extract<OutboundEntry, { kind: 'network' }>): BlockList {
  const list = new BlockList();
  list.addSubnet(entry.address, entry.prefix, isIP(entry.address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

function matchesName(pattern: string, hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

type PortRule = (port: number) => boolean;

function portRule({ port }: OutboundEntry): PortRule {
  return (called) => port === undefined || port === called;
}

/** What the operator lets URLs of others lead to, besides the public internet. */
export class OutboundAllowList {
  readonly #networks: { readonly block: BlockList; readonly isPort: PortRule }[] = [];
  readonly #names: { readonly pattern: string; readonly isPort: PortRule }[] = [];

  constructor(entries: readonly OutboundEntry[]) {
    for (const entry of entries) {
      const isPort = portRule(entry);
      if (entry.kind === 'network') this.#networks.push({ block: blockOf(entry), isPort });
      else this.#names.push({ pattern: entry.pattern, isPort });
    }
  }

  /** Whether the operator vouches for the name, whatever private address it has. */
  names({ hostname, port }: Destination): boolean {
    return this.#names.some(({ pattern, isPort }) => isPort(port) && matchesName(pattern, hostname));
  }

  /** Whether some network is listed for this port, so that a name may turn out to lead into it. */
  hasNetworkFor({ port }: Destination): boolean {
    return this.#networks.some(({ isPort }) => isPort(port));
  }

  /** Whether the address may be called under this destination's name and port. */
  holds(address: string, destination: Destination): boolean {
    if (this.#networks.some(({ block, isPort }) => isPort(destination.port) && isIn(block, address))) return true;
    return this.names(destination) && !isIn(BY_NETWORK_ONLY, address);
  }
}

import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { createRequire } from 'node:module';
import type { Agent, buildConnector, fetch } from 'undici';
import type { Destination } from './outbound-allow.js';
import { addressFault, destinationOf, type OutboundPolicy } from './outbound.rules.js';

type Undici = typeof import('undici');

let loaded: Undici | undefined;

/** A web client of twenty megabytes: it is loaded with the first call to an address that somebody else wrote. */
function undici(): Undici {
  loaded ??= createRequire(import.meta.url)('undici') as Undici;
  return loaded;
}

const CONNECT_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 30_000;

type Answer = (error: Error | null, addresses: LookupAddress[]) => void;

/** `dns.lookup` of all addresses, or what stands for it. */
export type Lookup = (hostname: string, options: LookupAllOptions, answer: Answer) => void;

interface Guard {
  readonly policy: OutboundPolicy;
  readonly lookup: Lookup;
}

function refusal(hostname: string, fault: string): Error {
  return new Error(`${hostname} is not called: ${fault}`);
}

function judged(destination: Destination, policy: OutboundPolicy, answer: Answer): Answer {
  return (error, addresses) => {
    if (error) return answer(error, []);
    const faults = addresses.map(({ address }) => addressFault(address, destination, policy));
    const fault = addresses.length === 0 ? 'it has no address' : faults.find((each) => each !== undefined);
    if (fault === undefined) answer(null, addresses);
    else answer(refusal(destination.hostname, fault), []);
  };
}

/** Resolves a name for one connection and judges what it leads to: nothing is looked up twice in between. */
function guardedLookup(destination: Destination, { policy, lookup }: Guard): LookupFunction {
  return (hostname, options, callback) => {
    const answer: Answer = (error, addresses) => {
      const [first] = addresses;
      if (options.all || !first) callback(error, addresses);
      else callback(error, first.address, first.family);
    };
    lookup(hostname, { ...options, all: true }, judged(destination, policy, answer));
  };
}

/** Judges each new connection, also those to addresses that need no look-up. */
function guardedConnector(guard: Guard): buildConnector.connector {
  return (options, callback) => {
    const destination = destinationOf(options);
    const { hostname } = destination;
    const fault = isIP(hostname) === 0 ? undefined : addressFault(hostname, destination, guard.policy);
    if (fault !== undefined) return callback(refusal(hostname, fault), null);
    const lookup = guardedLookup(destination, guard);
    undici().buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS })(options, callback);
  };
}

/** Connections to addresses that somebody else wrote. Streams may be silent for as long as they like. */
export function outboundAgent(policy: OutboundPolicy, lookup: Lookup = systemLookup): Agent {
  const { Agent: Connections } = undici();
  return new Connections({
    connect: guardedConnector({ policy, lookup }),
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: 0,
  });
}

/** `fetch` of the library that the agent belongs to. */
export const outboundFetch: typeof fetch = (input, init) => undici().fetch(input, init);

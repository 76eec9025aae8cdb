import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createRequire } from 'node:module';
import type { Agent, fetch } from 'undici';
import { isAllowedAddress, type OutboundPolicy } from './outbound.rules.js';

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

function judged(hostname: string, policy: OutboundPolicy, answer: Answer): Answer {
  return (error, addresses) => {
    if (error) return answer(error, []);
    const isAllowed = addresses.length > 0 && addresses.every(({ address }) => isAllowedAddress(address, policy));
    if (isAllowed) return answer(null, addresses);
    answer(new Error(`${hostname} leads into a private network`), []);
  };
}

/** Resolves names for one connection and judges what they lead to: nothing is looked up twice in between. */
function guardedLookup(policy: OutboundPolicy): LookupFunction {
  return (hostname, options, callback) => {
    const answer: Answer = (error, addresses) => {
      const [first] = addresses;
      if (options.all || !first) callback(error, addresses);
      else callback(error, first.address, first.family);
    };
    lookup(hostname, { ...options, all: true }, judged(hostname, policy, answer));
  };
}

/** Connections to addresses that somebody else wrote. Streams may be silent for as long as they like. */
export function outboundAgent(policy: OutboundPolicy): Agent {
  const { Agent: Connections } = undici();
  return new Connections({
    connect: { lookup: guardedLookup(policy), timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: 0,
  });
}

/** `fetch` of the library that the agent belongs to. */
export const outboundFetch: typeof fetch = (input, init) => undici().fetch(input, init);

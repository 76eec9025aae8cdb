import { percentile, rounded } from './statistics.ts';

export const CASES = ['open', 'jwt', 'apiKey', 'secret', 'privateKeyJwt'] as const;
export type AuthCase = (typeof CASES)[number];

/** What one round of one case gave. */
export interface Sample {
  readonly perSecond: number;
  /** Of the control plane, per request. */
  readonly cpuMicros: number;
}

export type Samples = Readonly<Record<AuthCase, readonly Sample[]>>;

export interface AuthFigures {
  readonly tokensPerSecond: { readonly secret: number; readonly privateKeyJwt: number };
  readonly requestsPerSecond: { readonly open: number; readonly jwt: number; readonly apiKey: number };
}

/** Medians: a busy moment of the machine spoils a round, not the figure. */
export function authFigures(samples: Samples): AuthFigures {
  const rate = (name: AuthCase) => Math.round(median(samples[name].map(({ perSecond }) => perSecond)));
  return {
    tokensPerSecond: { secret: rate('secret'), privateKeyJwt: rate('privateKeyJwt') },
    requestsPerSecond: { open: rate('open'), jwt: rate('jwt'), apiKey: rate('apiKey') },
  };
}

/** Share of the open route's rate that a guard costs: median over the rounds, in which both were measured side by side. */
export function guardCost(samples: Samples, guarded: 'jwt' | 'apiKey', by: keyof Sample = 'perSecond'): number {
  const shares = samples.open.map((open, round) => {
    const other = samples[guarded][round];
    if (other === undefined) return Number.NaN;
    return by === 'perSecond' ? 1 - other.perSecond / open.perSecond : other.cpuMicros / open.cpuMicros - 1;
  });
  return rounded(median(shares.filter((share) => !Number.isNaN(share))), 3);
}

export function cpuMicros(samples: Samples, name: AuthCase): number {
  return Math.round(median(samples[name].map((sample) => sample.cpuMicros)));
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

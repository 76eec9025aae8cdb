import { authFigures, cpuMicros, guardCost, type Samples } from './auth-figures.ts';

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** For people: with what the processor says, which is steadier than rates where others use the machine too. */
export function authTable(samples: Samples): string {
  const { tokensPerSecond: tokens, requestsPerSecond: requests } = authFigures(samples);
  const cost = (guarded: 'jwt' | 'apiKey') => `costs ${percent(guardCost(samples, guarded))} of the open rate`;
  const cpu = (name: Parameters<typeof cpuMicros>[1]) => `${cpuMicros(samples, name)} µs of CPU`;
  return [
    `tokens per second by secret           ${tokens.secret} (${cpu('secret')})`,
    `tokens per second by private_key_jwt  ${tokens.privateKeyJwt} (${cpu('privateKeyJwt')})`,
    `requests per second, open             ${requests.open} (${cpu('open')})`,
    `requests per second, with a token     ${requests.jwt} (${cpu('jwt')}; ${cost('jwt')})`,
    `requests per second, with an API key  ${requests.apiKey} (${cpu('apiKey')}; ${cost('apiKey')})`,
  ].join('\n');
}

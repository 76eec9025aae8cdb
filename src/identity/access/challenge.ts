import type { Challenge } from '../../platform/http/index.js';

export function invalidToken(description: string): Challenge {
  return { error: 'invalid_token', description };
}

export function invalidProof(description: string): Challenge {
  return { error: 'invalid_dpop_proof', description };
}

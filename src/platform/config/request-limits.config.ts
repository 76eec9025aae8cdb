import { wholeNumber } from './variable.schema.js';

const perMinute = (fallback: number) =>
  wholeNumber({ min: 0, max: 100_000_000, fallback, unit: 'requests per minute (0 for no limit)' });

export const requestLimitVariables = {
  COORCHAT_ORGANIZATION_REQUESTS_PER_MINUTE: perMinute(60_000),
  COORCHAT_CREDENTIAL_REQUESTS_PER_MINUTE: perMinute(30_000),
  COORCHAT_ADDRESS_REQUESTS_PER_MINUTE: perMinute(6_000),
};

/** Requests per minute; 0 for no limit. */
export interface RequestLimitsConfig {
  readonly organization: number;
  /** Per key, client, user or worker. */
  readonly credential: number;
  /** Per address, of requests without a valid credential; one that fails counts ten times. */
  readonly address: number;
}

interface Variables {
  readonly COORCHAT_ORGANIZATION_REQUESTS_PER_MINUTE: number;
  readonly COORCHAT_CREDENTIAL_REQUESTS_PER_MINUTE: number;
  readonly COORCHAT_ADDRESS_REQUESTS_PER_MINUTE: number;
}

export function requestLimitsConfig(env: Variables): RequestLimitsConfig {
  return {
    organization: env.COORCHAT_ORGANIZATION_REQUESTS_PER_MINUTE,
    credential: env.COORCHAT_CREDENTIAL_REQUESTS_PER_MINUTE,
    address: env.COORCHAT_ADDRESS_REQUESTS_PER_MINUTE,
  };
}

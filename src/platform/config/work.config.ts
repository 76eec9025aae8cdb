import { usd, wholeNumber } from './variable.schema.js';

const MIB = 1024 * 1024;

export const workVariables = {
  COORCHAT_BODY_LIMIT_BYTES: wholeNumber({ min: 1024, max: 64 * MIB, fallback: MIB, unit: 'bytes' }),
  COORCHAT_BUNDLE_MAX_BYTES: wholeNumber({ min: MIB, max: 16_384 * MIB, fallback: 512 * MIB, unit: 'bytes' }),
  COORCHAT_BLOB_MAX_BYTES: wholeNumber({ min: MIB, max: 16_384 * MIB, fallback: 1024 * MIB, unit: 'bytes' }),
  COORCHAT_ORG_BLOB_QUOTA_BYTES: wholeNumber({
    min: MIB,
    max: 1_048_576 * MIB,
    fallback: 20_480 * MIB,
    unit: 'bytes',
  }),
  COORCHAT_DEFAULT_MAX_COST_USD: usd(5),
  COORCHAT_DEFAULT_MAX_DURATION_MS: wholeNumber({
    min: 1_000,
    max: 604_800_000,
    fallback: 3_600_000,
    unit: 'milliseconds',
  }),
  COORCHAT_HEARTBEAT_INTERVAL_MS: wholeNumber({ min: 100, max: 300_000, fallback: 15_000, unit: 'milliseconds' }),
  COORCHAT_LEASE_MS: wholeNumber({ min: 500, max: 3_600_000, fallback: 60_000, unit: 'milliseconds' }),
};

export interface LimitsConfig {
  /** Largest JSON body of a request. */
  readonly bodyLimitBytes: number;
  /** Largest git bundle that is taken from a worker. */
  readonly bundleMaxBytes: number;
  readonly blobMaxBytes: number;
  /** Bytes that one organization may keep. */
  readonly orgBlobQuotaBytes: number;
  /** What a new cluster lets one work request cost when the request names no limit. */
  readonly defaultMaxCostMicros: number;
  readonly defaultMaxDurationMs: number;
}

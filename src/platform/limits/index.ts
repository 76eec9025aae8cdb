export { LimitsModule } from './limits.module.js';
export { rateLimitHeader, rateLimitPolicyHeader, type RatePolicy, type RateState } from './rate-headers.rules.js';
export { RequestLimiter } from './request-limiter.js';

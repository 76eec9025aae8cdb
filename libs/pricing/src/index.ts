export { affordableOutputTokens, costMicros, type TokenUsage, worstCaseMicros } from './cost.js';
export { atMostTokens, atMostTokensOfBytes } from './estimate.js';
export { type ModelPrice, priceOf, PRICES } from './price-table.js';

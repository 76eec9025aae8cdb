export { affordableOutputTokens, costMicros, type TokenUsage, worstCaseMicros } from './cost.js';
export { type ModelPrice, priceOf, PRICES } from './price-table.js';

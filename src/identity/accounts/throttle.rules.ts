import { createHmac } from 'node:crypto';

/** So many tries in so long a time, counted under one key. */
export interface TryLimit {
  readonly key: string;
  readonly max: number;
  readonly windowMs: number;
}

const QUARTER_HOUR_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;

/** A guesser at one address is stopped early; one at many addresses later, so that strangers cannot lock an account. */
export function signInLimits(email: string, address: string): readonly TryLimit[] {
  return [
    { key: `pair:${email}|${address}`, max: 6, windowMs: QUARTER_HOUR_MS },
    { key: `account:${email}`, max: 50, windowMs: QUARTER_HOUR_MS },
    { key: `address:${address}`, max: 60, windowMs: QUARTER_HOUR_MS },
  ];
}

/** Letters cost the receiver's patience. */
export function letterLimits(email: string, address: string): readonly TryLimit[] {
  return [
    { key: `letters:${email}`, max: 5, windowMs: HOUR_MS },
    { key: `letters-from:${address}`, max: 20, windowMs: HOUR_MS },
  ];
}

/** Challenges are rows, and anybody may ask for one. */
export function passkeyLimits(address: string): readonly TryLimit[] {
  return [{ key: `passkey-from:${address}`, max: 60, windowMs: QUARTER_HOUR_MS }];
}

/** Codes have six digits: few tries, whichever sign-in they come from. */
export function codeLimits(userId: string): readonly TryLimit[] {
  return [{ key: `code:${userId}`, max: 10, windowMs: QUARTER_HOUR_MS }];
}

/** Codes of devices that wait: whoever guesses them is signed in. */
export function deviceCodeLimits(userId: string): readonly TryLimit[] {
  return [{ key: `device:${userId}`, max: 10, windowMs: QUARTER_HOUR_MS }];
}

/** Asks of the person's own password while signed in. */
export function confirmLimits(userId: string): readonly TryLimit[] {
  return [{ key: `confirm:${userId}`, max: 8, windowMs: QUARTER_HOUR_MS }];
}

/** The table shows neither addresses nor who tried. */
export function throttleKey(secretKey: string, key: string): string {
  return createHmac('sha256', secretKey).update(`coorchat throttle v1 ${key}`).digest('hex');
}

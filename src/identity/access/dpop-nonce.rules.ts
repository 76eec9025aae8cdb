import { createHmac, timingSafeEqual } from 'node:crypto';

const STEP_MS = 60_000;
/** A nonce is taken in its step and in so many after it. */
const STEPS_BACK = 4;

function nonceOf(secret: Buffer, step: number): string {
  return createHmac('sha256', secret).update(`resource ${step}`).digest('base64url');
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The same in every process: made of the secret and the minute (RFC 9449 section 9). */
export function currentNonce(secret: Buffer, now: Date): string {
  return nonceOf(secret, Math.floor(now.getTime() / STEP_MS));
}

/** The next step counts, too: clocks of our own processes differ. */
export function isRecentNonce(secret: Buffer, nonce: string, now: Date): boolean {
  const step = Math.floor(now.getTime() / STEP_MS);
  const steps = Array.from({ length: STEPS_BACK + 2 }, (_, back) => step + 1 - back);
  return steps.some((each) => isSame(nonceOf(secret, each), nonce));
}

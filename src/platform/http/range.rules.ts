/** Both ends inclusive. */
export interface WantedRange {
  readonly start: number;
  readonly end: number;
}

export type RangeDecision = WantedRange | 'whole' | 'unsatisfiable';

interface RangeHeaders {
  readonly range?: string | undefined;
  readonly 'if-range'?: string | string[] | undefined;
}

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What of a content of `bytes` is asked for. Several ranges at once, other units and ranges of another version are
 * answered with the whole, as HTTP allows (RFC 9110, 14.2).
 */
export function wantedRange(headers: RangeHeaders, { bytes, etag }: { bytes: number; etag: string }): RangeDecision {
  const [, first, last] = ONE_RANGE.exec(headers.range ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole';
  if (headers['if-range'] !== undefined && headers['if-range'] !== etag) return 'whole';
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'whole';
  return start >= bytes || end < start ? 'unsatisfiable' : { start, end };
}

/** Whether `If-None-Match` names this version. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const known = ifNoneMatch.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}

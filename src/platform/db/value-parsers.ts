import pg from 'pg';

const { INT8, INT8_ARRAY } = { INT8: 20, INT8_ARRAY: 1016 };

/** Counts, bytes and micros fit into a number; what does not is a fault, not a rounding. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database's integer ${text} is too large for a number`);
  return value;
}

const parseTextArray = pg.types.getTypeParser(1009 as never) as (text: string) => (string | null)[];

function safeIntegers(text: string): (number | null)[] {
  return parseTextArray(text).map((item) => (item === null ? null : safeInteger(item)));
}

/** Plain SQL: bigint is a number, timestamptz a Date, jsonb a value, xid8 and numeric are strings. */
export const sqlTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    if (format !== 'binary' && oid === INT8) return safeInteger;
    if (format !== 'binary' && oid === INT8_ARRAY) return safeIntegers;
    return pg.types.getTypeParser(oid as never, format as never);
  },
} as pg.CustomTypesConfig;

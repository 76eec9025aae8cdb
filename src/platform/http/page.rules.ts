import type { Page } from '@coorchat/contracts';
import { type IdKind, isId } from '@coorchat/kernel';
import { httpErrors } from './http.errors.js';

/** Opaque to clients: the id of the last row that they saw. */
export function cursorOf(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** Id after which the page starts; undefined for the first page. @throws AppError `http.invalid_cursor` */
export function idOfCursor(cursor: string | undefined, kind: IdKind): string | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!isId(kind, id)) throw httpErrors.invalidCursor();
  return id;
}

/** A page out of rows that were read with `limit + 1`. */
export function pageOf<Row extends { id: string }, View>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => View,
): Page<View> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? cursorOf(last.id) : null;
  return { items: shown.map(view), nextCursor };
}

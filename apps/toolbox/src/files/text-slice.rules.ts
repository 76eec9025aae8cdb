export interface SliceRequest {
  /** First line, from 1. */
  readonly startLine: number;
  /** Last line, inclusive; undefined is the end. */
  readonly endLine: number | undefined;
  readonly maxBytes: number;
}

export interface Slice {
  readonly text: string;
  readonly startLine: number;
  /** Last line that is in the slice. `startLine - 1` when there is none. */
  readonly endLine: number;
  readonly totalLines: number;
  /** Lines of the request are missing for lack of room. */
  readonly truncated: boolean;
}

/** Lines with their own line breaks; a last empty line does not count. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Whole lines of a text, as many as fit; of a single line that is too long, its start. */
export function sliceLines(text: string, { startLine, endLine, maxBytes }: SliceRequest): Slice {
  const lines = linesOf(text);
  const last = Math.min(endLine ?? lines.length, lines.length);
  const taken: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(startLine - 1, last)) {
    bytes += Buffer.byteLength(line);
    if (bytes > maxBytes) break;
    taken.push(line);
  }
  const wanted = Math.max(0, last - startLine + 1);
  const first = lines[startLine - 1];
  if (taken.length === 0 && wanted > 0 && first !== undefined) taken.push(first.slice(0, maxBytes));
  const shown = { text: taken.join(''), startLine, endLine: startLine + taken.length - 1, totalLines: lines.length };
  return { ...shown, truncated: taken.length < wanted || bytes > maxBytes };
}

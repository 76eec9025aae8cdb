export interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  /** How often `oldText` must occur, no more and no less. */
  readonly occurrences: number;
}

export type Replaced =
  | { readonly kind: 'replaced'; readonly text: string; readonly firstLine: number }
  /** Lines at which `oldText` starts, capped. */
  | { readonly kind: 'mismatch'; readonly found: number; readonly lines: readonly number[] };

const MAX_LINES = 10;

function offsets(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found.push(at);
  return found;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Replaces every occurrence when there are as many as expected, and nothing otherwise. */
export function replaceExactly(text: string, { oldText, newText, occurrences }: Replacement): Replaced {
  const found = offsets(text, oldText);
  const [first] = found;
  if (first === undefined || found.length !== occurrences) {
    return { kind: 'mismatch', found: found.length, lines: found.slice(0, MAX_LINES).map((at) => lineAt(text, at)) };
  }
  return { kind: 'replaced', text: text.split(oldText).join(newText), firstLine: lineAt(text, first) };
}

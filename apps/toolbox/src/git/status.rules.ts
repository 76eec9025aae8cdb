export interface StatusFile {
  readonly path: string;
  /** Letters of git: what the index changes and what the working tree changes; `?` is untracked. */
  readonly index: string;
  readonly worktree: string;
  readonly from?: string;
}

export interface Status {
  /** Null on a detached head. */
  readonly branch: string | null;
  /** Null before the first commit. */
  readonly head: string | null;
  readonly files: readonly StatusFile[];
}

function header(fields: readonly string[], name: string): string | undefined {
  const prefix = `# branch.${name} `;
  return fields.find((field) => field.startsWith(prefix))?.slice(prefix.length);
}

/** Path after as many fields as the kind of entry has before it. */
const FIELDS: Readonly<Record<string, number>> = { '1': 8, '2': 9, u: 10 };

function pathOf(field: string, kind: string): string {
  return field.split(' ').slice(FIELDS[kind]).join(' ');
}

/** Parses `git status --porcelain=v2 --branch -z`. */
export function parseStatus(output: string): Status {
  const fields = output.split('\0').filter((field) => field !== '');
  const files: StatusFile[] = [];
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] ?? '';
    const kind = field.charAt(0);
    if (kind === '?') files.push({ path: field.slice(2), index: '?', worktree: '?' });
    if (!(kind in FIELDS)) continue;
    const file = { path: pathOf(field, kind), index: field.charAt(2), worktree: field.charAt(3) };
    // The old name of a renamed file is the next field.
    files.push(kind === '2' ? { ...file, from: fields[++at] ?? '' } : file);
  }
  const branch = header(fields, 'head');
  const head = header(fields, 'oid');
  return {
    branch: branch === undefined || branch === '(detached)' ? null : branch,
    head: head === undefined || head === '(initial)' ? null : head,
    files,
  };
}

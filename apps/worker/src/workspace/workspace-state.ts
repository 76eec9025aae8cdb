import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const stateSchema = z.object({
  version: z.literal(1),
  base: z.string(),
  /** Full name of the branch. */
  ref: z.string(),
  objectFormat: z.enum(['sha1', 'sha256']),
  objectDirs: z.array(z.string()),
  shallow: z.array(z.string()),
});
/** What trusted code remembers of a workspace; kept outside of what the task can write. */
export type WorkspaceState = z.infer<typeof stateSchema>;

export interface WorkspacePaths {
  /** Everything that the workspace makes. */
  readonly top: string;
  readonly root: string;
  readonly state: string;
  /** Where the sandbox may leave its bundle. */
  readonly out: string;
}

export function workspacePaths(dir: string): WorkspacePaths {
  const top = join(dir, 'git');
  return { top, root: join(top, 'tree'), state: join(top, 'state.json'), out: join(top, 'out') };
}

/** Written last: a workspace without it is half-made. */
export async function saveState(paths: WorkspacePaths, state: WorkspaceState): Promise<void> {
  await writeFile(`${paths.state}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
  await rename(`${paths.state}.new`, paths.state);
}

export async function loadState(paths: WorkspacePaths): Promise<WorkspaceState | undefined> {
  const text = await readFile(paths.state, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = stateSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

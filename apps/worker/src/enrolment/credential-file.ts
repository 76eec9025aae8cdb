import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@coorchat/kernel';
import { z } from 'zod';

const credentialSchema = z.object({
  version: z.literal(1),
  /** Control plane that gave the credential; it is never sent to another one. */
  url: z.string(),
  name: z.string(),
  workerId: z.string(),
  orgId: z.string(),
  clusterId: z.string(),
  credential: z.string(),
});
export type StoredCredential = z.infer<typeof credentialSchema>;

/** The worker's identity, readable by the owner of the account alone. */
export class CredentialFile {
  readonly path: string;

  constructor(private readonly dataDir: string) {
    this.path = path.join(dataDir, 'credential.json');
  }

  async read(): Promise<StoredCredential | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const parsed = credentialSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const message = `${this.path} is damaged. Remove it and start the worker with a new enrolment token.`;
    throw new AppError({ code: 'worker.bad_credential_file', kind: 'precondition', message });
  }

  async write(credential: StoredCredential): Promise<void> {
    await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
    await chmod(this.dataDir, 0o700);
    const draft = `${this.path}.new`;
    await writeFile(draft, `${JSON.stringify(credential, null, 2)}\n`, { mode: 0o600 });
    await chmod(draft, 0o600);
    await rename(draft, this.path);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import path from 'node:path';
import { AppError } from '@coorchat/kernel';
import { z } from 'zod';
import { readOwnFile, writeOwnFile } from './own-file.js';

const registrationSchema = z.object({
  version: z.literal(2),
  /** Control plane that registered the worker; its tokens are sent to no other one. */
  url: z.string(),
  name: z.string(),
  workerId: z.string(),
  orgId: z.string(),
  clusterId: z.string().optional(),
  /** OAuth client of the worker; what it shows as such is signed with its key. */
  clientId: z.string(),
});
export type StoredRegistration = z.infer<typeof registrationSchema>;

const outdatedSchema = z.object({ version: z.literal(1), workerId: z.string() });

/** As what this machine is registered. No secret: that is the key. */
export class CredentialFile {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = path.join(dataDir, 'credential.json');
  }

  /** @throws AppError `worker.bad_credential_file`, `worker.outdated_credential` */
  async read(): Promise<StoredRegistration | undefined> {
    const text = await readOwnFile(this.path);
    if (text === undefined) return undefined;
    const value = parseJson(text);
    const parsed = registrationSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    if (outdatedSchema.safeParse(value).success) throw outdated(this.path);
    const message = `${this.path} is damaged. Remove it and start the worker with a new enrolment token.`;
    throw new AppError({ code: 'worker.bad_credential_file', kind: 'precondition', message });
  }

  write(registration: StoredRegistration): Promise<void> {
    return writeOwnFile(this.path, `${JSON.stringify(registration, null, 2)}\n`);
  }
}

function outdated(file: string): AppError {
  const message = `This machine was enrolled by an earlier version, before workers had keys of their own. Remove the worker in the control plane, remove ${file}, and start it with a new enrolment token.`;
  return new AppError({ code: 'worker.outdated_credential', kind: 'precondition', message });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

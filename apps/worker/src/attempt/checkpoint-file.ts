import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { CheckpointStore } from './agent-loop.port.js';

const fileSchema = z.object({ version: z.literal(1), checkpoint: z.unknown() });

/** A file that is replaced as a whole: a crash leaves the checkpoint before, never half of one. */
export class CheckpointFile implements CheckpointStore {
  constructor(private readonly file: string) {}

  async load(): Promise<unknown> {
    const text = await readFile(this.file, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : fileSchema.parse(JSON.parse(text)).checkpoint;
  }

  async save(checkpoint: unknown): Promise<void> {
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify({ version: 1, checkpoint }));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.file);
  }
}

import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // A link is no directory here, so nothing outside is touched.
    if (entry.isDirectory()) await openFolders(join(folder, entry.name));
  }
}

/** Removes a folder that a task may have closed to its owner. Never throws; false when something is left. */
export async function removeTree(folder: string): Promise<boolean> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return remove()
    .catch(() => openFolders(folder).then(remove))
    .then(
      () => true,
      () => false,
    );
}

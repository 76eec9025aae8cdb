import { mkdir, statfs } from 'node:fs/promises';
import { arch, availableParallelism, freemem, loadavg, platform, totalmem } from 'node:os';
import type { Platform } from '@coorchat/contracts';
import { AppError } from '@coorchat/kernel';
import { runProbe } from './run-probe.js';

const MB = 1024 * 1024;
const PLATFORMS: Partial<Record<NodeJS.Platform, Platform>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'x86_64', ia32: 'x86' };

export function detectPlatform(): Platform {
  const found = PLATFORMS[platform()];
  if (found) return found;
  const message = `CoorChat workers run on Linux, macOS and Windows, not on ${platform()}.`;
  throw new AppError({ code: 'worker.platform', kind: 'precondition', message });
}

export function detectArchitecture(): string {
  return ARCHITECTURES[arch()] ?? arch();
}

export function detectCpuCores(): number {
  return availableParallelism();
}

/** What this process may use: a container's limit counts, not the machine's memory. */
export function detectMemoryMb(): number {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem();
  return Math.max(1, Math.floor(bytes / MB));
}

export function memoryFreeMb(): number {
  return Math.floor(Math.min(freemem(), process.availableMemory()) / MB);
}

export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

export async function diskFreeMb(dir: string): Promise<number> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(dir);
  return Math.floor((bavail * bsize) / MB);
}

/** Name of the first GPU that the platform's own tool names; null when there is none or no tool to ask. */
export async function detectGpu(): Promise<string | null> {
  const name = (await nvidia()) ?? (platform() === 'darwin' ? await apple() : undefined) ?? (await windows());
  return name?.slice(0, 200) ?? null;
}

async function nvidia(): Promise<string | undefined> {
  const output = await runProbe('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader']);
  return firstLine(output);
}

async function apple(): Promise<string | undefined> {
  const output = await runProbe('system_profiler', ['SPDisplaysDataType'], { timeoutMs: 10_000 });
  return /Chipset Model: (.+)/.exec(output ?? '')?.[1]?.trim();
}

async function windows(): Promise<string | undefined> {
  if (platform() !== 'win32') return undefined;
  const output = await runProbe('wmic', ['path', 'win32_VideoController', 'get', 'name', '/value']);
  return /Name=(.+)/.exec(output ?? '')?.[1]?.trim();
}

function firstLine(text: string | undefined): string | undefined {
  return text?.trim().split('\n', 1)[0]?.trim() || undefined;
}

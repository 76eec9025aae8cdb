import { createHmac } from 'node:crypto';
import type { AppConfig } from '../config/index.js';

/** Login roles of the running system. None owns a table, bypasses row-level security or can become another. */
export const DATABASE_ROLES = {
  app: 'coorchat_app',
  system: 'coorchat_system',
  scheduler: 'coorchat_scheduler',
  queue: 'coorchat_queue',
  /** Deletes what belongs to an organization whose time has come, and sees nothing else. */
  eraser: 'coorchat_eraser',
  /** Reads everything, for backups; no process that serves uses it. */
  backup: 'coorchat_backup',
} as const;

export type DatabaseDoor = keyof typeof DATABASE_ROLES;
export const DATABASE_DOORS = Object.keys(DATABASE_ROLES) as DatabaseDoor[];

export function rolePassword(secretKey: string, door: DatabaseDoor): string {
  return createHmac('sha256', secretKey).update(`database role ${DATABASE_ROLES[door]}`).digest('base64url');
}

/** The operator's own URL for a role, when one is configured: then its password is the operator's, too. */
export function configuredUrl(config: AppConfig, door: DatabaseDoor): string | undefined {
  const { appUrl, systemUrl, schedulerUrl, queueUrl, eraserUrl, backupUrl } = config.database;
  const urls = { app: appUrl, system: systemUrl, scheduler: schedulerUrl, queue: queueUrl };
  return { ...urls, eraser: eraserUrl, backup: backupUrl }[door];
}

/** `ownerUrl` with the role's name and password in place of the owner's. */
export function roleUrl(config: AppConfig, ownerUrl: string, door: DatabaseDoor): string {
  const configured = configuredUrl(config, door);
  if (configured) return configured;
  const url = new URL(ownerUrl);
  url.username = DATABASE_ROLES[door];
  url.password = rolePassword(config.secretKey, door);
  return url.href;
}

import type { UserConfig } from 'vite';

/** Workspace packages resolve to their sources, decorators emit the metadata that Nest's injection reads. */
export const shared: UserConfig = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: ['coorchat-source'] },
  ssr: { resolve: { conditions: ['coorchat-source'], externalConditions: ['coorchat-source'] } },
};

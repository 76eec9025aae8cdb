import { registerHooks } from 'node:module';

/** Lets Node run the sources: a relative import of `./x.js` finds `./x.ts`. Use with --experimental-transform-types. */
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.') || !specifier.endsWith('.js')) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});
